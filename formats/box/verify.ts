import { readOvf, type OvfSummary } from "../ovf/reader";
import { openByteRange, openVmdk, verifyVmdk } from "../vmdk";
import { readBox, readBoxText, type Box, type BoxMember } from "./reader";
import { fileSha256 } from "./writer";

/** How a box is checked. */
export interface BoxCheck {
  /** SHA-256 the box must have, lower-case hexadecimal; not computed without it. */
  readonly sha256?: string;
  /** Whether every grain of the disk is decompressed, or only its structure read; default true. */
  readonly everyGrain?: boolean;
  /** Called with the bytes of disk image checked and to check. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** What a check found. */
export interface BoxReport {
  /** One sentence each, in the order found; empty if the box is sound. */
  readonly problems: readonly string[];
  /** The archive, if it could be read. */
  readonly box?: Box;
  /** The machine, if its descriptor could be read. */
  readonly machine?: OvfSummary;
  /** Where the disk image lies and how large a disk it holds, if it could be read. */
  readonly disk?: BoxMember & { readonly capacity: number };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Runs a step whose failure is one more problem, not the end of the check. */
async function attempt<T>(
  problems: string[],
  what: string,
  step: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    problems.push(`${what}: ${reason(error)}`);
    return undefined;
  }
}

function archiveProblems(box: Box): string[] {
  const names = box.members.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const outside = names.filter((name) => name.startsWith("/") || name.split("/").includes(".."));
  const provider = box.metadata["provider"];
  return [
    ...twice.map((name) => `${name} is in the box twice.`),
    ...outside.map((name) => `${name} would be unpacked outside the box's folder.`),
    ...(provider === "virtualbox"
      ? []
      : [`metadata.json: provider is ${JSON.stringify(provider) ?? "missing"}, not "virtualbox".`]),
  ];
}

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

/**
 * Checks a box from its archive to the last grain of its disk: that it is a whole tar, is for
 * VirtualBox, that its descriptor names a disk that is there with that size, capacity and UUID, that
 * Vagrantfile and descriptor give one address, and that the disk image is undamaged.
 *
 * Never rejects because of what is in the file: everything found is in the report.
 */
export async function verifyBox(path: string, check: BoxCheck = {}): Promise<BoxReport> {
  const problems: string[] = [];
  if (check.sha256 !== undefined) {
    const sha256 = await attempt(problems, "checksum", () => fileSha256(path));
    if (sha256 !== undefined && sha256 !== check.sha256) {
      problems.push(`checksum: it is ${sha256}, but must be ${check.sha256}.`);
    }
  }
  const box = await attempt(problems, "archive", () => readBox(path));
  if (box === undefined) return { problems };
  problems.push(...archiveProblems(box));

  const member = (name: string): BoxMember | undefined =>
    box.members.find((each) => each.name === name);
  const descriptor = member("box.ovf");
  if (descriptor === undefined) return { problems: [...problems, "box.ovf is missing."], box };
  const machine = await attempt(problems, "box.ovf", async () =>
    readOvf(await readBoxText(path, descriptor)),
  );
  if (machine === undefined) return { problems, box };
  problems.push(...machineProblems(machine, box));

  const vagrantfile = member("Vagrantfile");
  if (vagrantfile !== undefined) {
    const text = await attempt(problems, "Vagrantfile", () => readBoxText(path, vagrantfile));
    problems.push(...vagrantfileProblems(text ?? "", machine));
  }
  const described = machine.disks[0];
  const image = member(described?.fileName ?? "");
  if (described === undefined || image === undefined) return { problems, box, machine };
  const facts = await attempt(problems, image.name, () => checkImage(path, image, check));
  if (facts === undefined) return { problems, box, machine };
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
  return { problems, box, machine, disk: { ...image, capacity: facts.capacity } };
}
