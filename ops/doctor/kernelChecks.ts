import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { rootPrefix, type Run } from "../setup/commands";
import type { Check } from "./check";

/** A default Debian box needs about 3 GB while it is made; the stages check the exact amount. */
const NEEDED_BYTES = 5e9;

/** Runs `probe` in a folder of its own inside `workFolder`, which is removed afterwards. */
async function inScratch<T>(workFolder: string, probe: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(workFolder, "doctor-"));
  try {
    return await probe(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a command as root; gives standard output, or the reason why it failed. */
async function asRoot(
  run: Run,
  command: string,
  ...args: string[]
): Promise<{ readonly ok: boolean; readonly text: string }> {
  const [first, ...rest] = [...rootPrefix(), command, ...args];
  const { code, stdout, output } = await run(first!, rest);
  return { ok: code === 0, text: (code === 0 ? stdout : output).trim().split("\n").at(-1) ?? "" };
}

/** Attaches a loop device with an offset and a size limit, as the stages do, and detaches it. */
export function checkLoopDevices(workFolder: string, run: Run): Promise<Check> {
  return inScratch(workFolder, async (folder) => {
    const name = "loop devices";
    const file = join(folder, "disk.raw");
    writeFileSync(file, "");
    truncateSync(file, 1 << 20);
    const options = ["--find", "--show", "--offset", "4096", "--sizelimit", "65536"];
    const attached = await asRoot(run, "losetup", ...options, file);
    if (attached.ok) {
      await asRoot(run, "losetup", "--detach", attached.text);
      return { name, status: "ok", found: "one was attached and detached" };
    }
    return {
      name,
      status: "problem",
      found: attached.text,
      remedy: "load the kernel module (modprobe loop); a container needs to be privileged",
    };
  });
}

/** Mounts an overlay whose upper folder lies where the stages will work, and unmounts it. */
export function checkOverlay(workFolder: string, run: Run): Promise<Check> {
  return inScratch(workFolder, async (folder) => {
    const name = "overlay mounts";
    const [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map((part) => {
      mkdirSync(join(folder, part));
      return join(folder, part);
    }) as [string, string, string, string];
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    const mounted = await asRoot(run, "mount", "-t", "overlay", "overlay", "-o", options, merged);
    if (mounted.ok) {
      await asRoot(run, "umount", merged);
      // The kernel leaves a folder of root's in the work folder.
      await asRoot(run, "rm", "-rf", "--one-file-system", work);
      return { name, status: "ok", found: "one was mounted and unmounted" };
    }
    return {
      name,
      status: "problem",
      found: mounted.text,
      remedy:
        "load the kernel module (modprobe overlay), and keep the project on a local filesystem " +
        "such as ext4 or xfs; a container needs to be privileged and the project on a volume",
    };
  });
}

/** Whether the filesystem of the work folder has room for a default box. */
export function checkFreeSpace(workFolder: string): Check {
  const { bavail, bsize } = statfsSync(workFolder);
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(0)} GB`;
  const free = bavail * bsize;
  const found = `${gigabytes(free)} free in ${workFolder}`;
  if (free >= NEEDED_BYTES) return { name: "free space", status: "ok", found };
  const remedy = `free ${gigabytes(NEEDED_BYTES)} there: a box needs about 3 GB while it is made`;
  return { name: "free space", status: "problem", found, remedy };
}

/** Whether the boot proof can hope for hardware virtualisation; it works without. */
export function checkKvm(device = "/dev/kvm"): Check {
  const name = "KVM (optional)";
  if (!existsSync(device)) {
    return { name, status: "note", found: `no ${device}: the boot proof emulates, some 20 s more` };
  }
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
  } catch {
    return {
      name,
      status: "note",
      found: `${device} is not yours: the boot proof emulates`,
      remedy: "add yourself to the group kvm, or run as root",
    };
  }
  // A device that opens may still hang its guests, which only starting one shows.
  return { name, status: "ok", found: `${device} opens; the boot proof tries it, else emulates` };
}
