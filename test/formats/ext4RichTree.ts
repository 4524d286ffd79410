import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  lstatSync,
  symlinkSync,
  truncateSync,
  lchownSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import koffi from "koffi";
import { GIB, MIB, run } from "./ext4Fixture";

const setxattr = koffi
  .load("libc.so.6")
  .func("int lsetxattr(str path, str name, const void *value, uint64_t size, int flags)") as (
  path: string,
  name: string,
  value: Buffer,
  size: number,
  flags: number,
) => number;

function setXattr(path: string, name: string, value: Buffer): void {
  if (setxattr(path, name, value, value.length, 0) !== 0) {
    throw new Error(`lsetxattr ${name} of ${path}: errno ${koffi.errno()}`);
  }
}

/** Entries of a POSIX ACL as the kernel takes it: tag, permissions, id. */
function acl(...entries: [number, number, number][]): Buffer {
  const bytes = Buffer.alloc(4 + 8 * entries.length);
  bytes.writeUInt32LE(2);
  entries.forEach(([tag, permissions, id], i) => {
    bytes.writeUInt16LE(tag, 4 + i * 8);
    bytes.writeUInt16LE(permissions, 6 + i * 8);
    bytes.writeUInt32LE(id, 8 + i * 8);
  });
  return bytes;
}
const NO_ID = 0xffffffff;
const ACL = acl(
  [1, 6, NO_ID],
  [2, 6, 1000],
  [4, 4, NO_ID],
  [8, 4, 100],
  [16, 6, NO_ID],
  [32, 4, NO_ID],
);
const CAP_NET_RAW = Buffer.from("0100000200200000000000000000000000000000", "hex");

function makeXattrs(root: string): void {
  const path = (name: string): string => join(root, name);
  for (const name of ["capable", "acl", "fat", "trusted"]) writeFileSync(path(name), name);
  chmodSync(path("capable"), 0o755);
  setXattr(path("capable"), "security.capability", CAP_NET_RAW);
  setXattr(path("acl"), "system.posix_acl_access", ACL);
  mkdirSync(path("acl-default"));
  setXattr(path("acl-default"), "system.posix_acl_default", ACL);
  setXattr(path("fat"), "user.large", Buffer.alloc(2000, "v"));
  setXattr(path("fat"), "user.small", Buffer.from("s"));
  setXattr(path("fat"), "user.empty", Buffer.alloc(0));
  setXattr(path("trusted"), "trusted.note", Buffer.from([0, 255, 10]));
}

function makeSparse(root: string): void {
  const fd = openSync(join(root, "sparse"), "w");
  ftruncateSync(fd, 5 * GIB);
  writeSync(fd, Buffer.from("in the middle"), 0, 13, 3 * GIB + 5000);
  closeSync(fd);
  writeFileSync(join(root, "all-hole"), "");
  truncateSync(join(root, "all-hole"), 10 * MIB + 1);
  const holes = openSync(join(root, "many-holes"), "w");
  for (let i = 0; i < 500; i++)
    writeSync(holes, Buffer.alloc(4096, 1 + (i % 255)), 0, 4096, i * 8192);
  closeSync(holes);
  writeFileSync(join(root, "zeros"), Buffer.alloc(3 * MIB));
}

function makeSpecialFiles(root: string): void {
  const path = (name: string): string => join(root, name);
  run("mknod", path("block"), "b", "8", "300");
  run("mknod", path("character"), "c", "5", "1");
  run("mkfifo", path("pipe"));
  run("python3", "-c", "import socket,sys;socket.socket(1).bind(sys.argv[1])", path("socket"));
  for (const length of [1, 59, 60, 4000]) symlinkSync("t".repeat(length), path(`link-${length}`));
}

function makeNames(root: string): void {
  const odd = Buffer.concat([Buffer.from(join(root, "odd-")), Buffer.from([0xff, 0x0a, 0x5c])]);
  writeFileSync(odd, "odd");
  writeFileSync(join(root, "n".repeat(255)), "long");
  let deep = root;
  while (deep.length < 3900) {
    deep = join(deep, "d".repeat(100));
    mkdirSync(deep);
  }
  writeFileSync(join(deep, "bottom"), "bottom");
  mkdirSync(join(root, "many"));
  for (let i = 0; i < 1500; i++)
    writeFileSync(join(root, "many", `name-${i}-${"x".repeat(i % 90)}`), "");
}

/** Gives every file its own time; those after `latest` (seconds) must come out as `latest`. */
function setTimes(path: string, latest: number): void {
  let count = 0;
  const visit = (at: Buffer): void => {
    if (lstatSync(at).isDirectory()) {
      for (const name of readdirSync(at, { encoding: "buffer" })) {
        visit(Buffer.concat([at, Buffer.from("/"), name]));
      }
    }
    count++;
    lutimesSync(at, 1, latest - (count % 1000) * 1000 + 0.25);
  };
  visit(Buffer.from(path));
}

/** Fills a directory with one of everything that a file system can hold. */
export function makeRichTree(root: string, latest: number): void {
  const path = (name: string): string => join(root, name);
  writeFileSync(path("big"), Buffer.alloc(40 * MIB + 123, "big file "));
  mkdirSync(path("sub"));
  linkSync(path("big"), path("hard-link"));
  linkSync(path("big"), path("sub/another"));
  writeFileSync(path("setuid"), "x");
  lchownSync(path("setuid"), 70000, 65534);
  chmodSync(path("setuid"), 0o4711);
  writeFileSync(path("empty"), "");
  makeXattrs(root);
  makeSparse(root);
  makeSpecialFiles(root);
  makeNames(root);
  setTimes(root, latest - 1);
}
