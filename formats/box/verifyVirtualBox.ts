import { openByteRange } from "../byteRange";
import { readOvf, type OvfSummary } from "../ovf/reader";
import { openVmdk, verifyVmdk } from "../vmdk";
import { readBoxText, type Box, type BoxMember } from "./reader";
import { attempt, memberOf, type BoxCheck, type BoxReport } from "./boxReport";

function machineProblems(machine: OvfSummary, box: Box): string[] {
  const { disks, attachedImages } = machine;
  const [disk] = disks;
  if (disk === undefined || disks.length > 1) {
    return [`box.ovf: it has ${disks.length} disks, but must have one.`];
  }
  const member = box.members.find(({ name }) => name === disk.fileName);
  const { fileSize, uuid } = disk;
  const isAttached = attachedImages.length === 0 || attachedImages.includes(uuid ?? "");
  return [
    ...(member === undefined
      ? [`box.ovf: it names the disk ${disk.fileName}, which is not in the box.`]
      : []),
    ...(member !== undefined && fileSize !== undefined && member.size !== fileSize
      ? [`box.ovf: it says ${disk.fileName} has ${fileSize} bytes, but it has ${member.size}.`]
      : []),
    ...(isAttached
      ? []
      : [`box.ovf: vbox:Machine attaches ${attachedImages.join(", ")}, not the disk ${uuid}.`]),
  ];
}

function vagrantfileProblems(text: string, machine: OvfSummary): string[] {
  const mac = /^\s*config\.vm\.base_mac\s*=\s*["']([^"']*)["']/m.exec(text)?.[1];
  if (mac === undefined || machine.mac === undefined) return [];
  return mac.toUpperCase() === machine.mac.toUpperCase()
    ? []
    : [`Vagrantfile: base_mac is ${mac}, but box.ovf says ${machine.mac}.`];
}

/** The capacity and UUID an image says it has, after checking as much of it as asked for. */
function checkImage(
  path: string,
  { offset, size }: BoxMember,
  check: BoxCheck,
): { readonly capacity: number; readonly uuid: string | undefined } {
  const range = openByteRange(path, offset, size);
  try {
    const image =
      check.everyGrain === false ? openVmdk(range) : verifyVmdk(range, check.onProgress);
    return { capacity: image.capacity, uuid: image.descriptor.get("ddb.uuid.image") };
  } finally {
    range.close();
  }
}

/** Checks what is in a box for VirtualBox, adding to the problems. */
export async function verifyVirtualBox(
  box: Box,
  check: BoxCheck,
  problems: string[],
): Promise<Pick<BoxReport, "machine" | "disk">> {
  const { path } = box;
  const descriptor = memberOf(box, "box.ovf");
  if (descriptor === undefined) {
    problems.push("box.ovf is missing.");
    return {};
  }
  const machine = await attempt(problems, "box.ovf", async () =>
    readOvf(await readBoxText(path, descriptor)),
  );
  if (machine === undefined) return {};
  problems.push(...machineProblems(machine, box));

  const vagrantfile = memberOf(box, "Vagrantfile");
  if (vagrantfile !== undefined) {
    const text = await attempt(problems, "Vagrantfile", () => readBoxText(path, vagrantfile));
    problems.push(...vagrantfileProblems(text ?? "", machine));
  }
  const described = machine.disks[0];
  const image = memberOf(box, described?.fileName ?? "");
  if (described === undefined || image === undefined) return { machine };
  const facts = await attempt(problems, image.name, () => checkImage(path, image, check));
  if (facts === undefined) return { machine };
  if (facts.capacity !== described.capacity) {
    problems.push(
      `box.ovf: it says the disk has ${described.capacity} bytes, but the image has ${facts.capacity}.`,
    );
  }
  if (facts.uuid !== undefined && described.uuid !== undefined && facts.uuid !== described.uuid) {
    problems.push(
      `box.ovf: it says the disk is ${described.uuid}, but the image is ${facts.uuid}.`,
    );
  }
  return { machine, disk: { ...image, capacity: facts.capacity } };
}
