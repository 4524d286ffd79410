import { openByteRange } from "../byteRange";
import { openQcow2, verifyQcow2 } from "../qcow2";
import { attempt, memberOf, type BoxCheck, type BoxReport } from "./boxReport";
import { LIBVIRT_DISK_NAME, virtualSizeGiB } from "./libvirt";
import type { Box, BoxMember } from "./reader";

/** Checks what is in a box for libvirt (version 1 of its format), adding to the problems. */
export async function verifyLibvirt(
  box: Box,
  check: BoxCheck,
  problems: string[],
): Promise<Pick<BoxReport, "disk">> {
  const { format, virtual_size: virtualSize } = box.metadata;
  if (format !== "qcow2") {
    problems.push(`metadata.json: format is ${JSON.stringify(format) ?? "missing"}, not "qcow2".`);
  }
  const image = memberOf(box, LIBVIRT_DISK_NAME);
  if (image === undefined) {
    problems.push(`${LIBVIRT_DISK_NAME} is missing.`);
    return {};
  }
  const capacity = await attempt(problems, image.name, () => checkImage(box.path, image, check));
  if (capacity === undefined) return {};
  if (virtualSize !== virtualSizeGiB(capacity)) {
    problems.push(
      `metadata.json: virtual_size is ${JSON.stringify(virtualSize) ?? "missing"}, but the image has ${virtualSizeGiB(capacity)} GiB.`,
    );
  }
  return { disk: { ...image, capacity } };
}

/** The bytes of the disk an image holds, after checking as much of it as asked for. */
function checkImage(path: string, { offset, size }: BoxMember, check: BoxCheck): number {
  const range = openByteRange(path, offset, size);
  try {
    const image =
      check.everyGrain === false ? openQcow2(range) : verifyQcow2(range, check.onProgress);
    return image.capacity;
  } finally {
    range.close();
  }
}
