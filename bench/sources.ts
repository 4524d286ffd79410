import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/** A disk that all routes start from. */
export interface SourceDisk {
  readonly path: string;
  /** Bytes of the files' blocks and the file system's own. */
  readonly usedBytes: number;
}

const SUITE = "bookworm";
const MIRROR = "http://deb.debian.org";

/** Makes the Debian root with the stage that makes one for a box; kept for the next benchmark. */
function debianRoot(root: string, folder: string, cache: string): string {
  const tree = path.join(folder, "root", "bootstrap");
  if (fs.existsSync(tree)) return tree;
  process.stderr.write(`bench: making a Debian ${SUITE} root, once\n`);
  execFileSync(path.join(root, "scripts/run-stage.sh"), ["bootstrap", "2400"], {
    env: {
      ...process.env,
      WORK_DIR: path.join(folder, "root"),
      SUITE,
      MIRROR: `${MIRROR}/debian`,
      SECURITY_MIRROR: `${MIRROR}/debian-security`,
      EPOCH: "1700000000",
      PACKAGES: "",
      CACHE_DIR: path.join(cache, "debian"),
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return tree;
}

/**
 * The source disk with a Debian root and, for more content, further copies of its `/usr`. Made once and kept in
 * the user's cache.
 *
 * @param root the project's folder
 * @param cache the user's cache folder of the project
 * @param copies how often the files are there; 1 is the root alone
 */
export function sourceDisk(root: string, cache: string, copies: number): SourceDisk {
  const folder = path.join(cache, "bench");
  const disk = path.join(folder, `${SUITE}-${copies}.raw`);
  if (!fs.existsSync(disk)) {
    fs.mkdirSync(folder, { recursive: true });
    const tree = debianRoot(root, folder, cache);
    const work = fs.mkdtempSync(path.join(folder, "disk-"));
    try {
      execFileSync("unshare", ["--mount", path.join(root, "bench/routes/source-disk.sh")], {
        env: {
          ...process.env,
          ...{ WORK: work, TREE: tree, COPIES: String(copies), OUT: disk, STEPS: "/dev/null" },
        },
        stdio: ["ignore", "ignore", "inherit"],
      });
    } finally {
      fs.rmSync(work, { recursive: true, force: true });
    }
  }
  return { path: disk, usedBytes: fs.statSync(disk).blocks * 512 };
}
