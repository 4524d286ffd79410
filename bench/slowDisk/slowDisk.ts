// Shows a file at another path, where every read is answered only after a while, as from a fresh EBS volume whose
// blocks lie in S3; many reads may be under way at once, as there.
//
//   node -r ts-node/register/transpile-only bench/slowDisk/slowDisk.ts disk.raw /var/tmp/slow.raw 5
//
// The second path must be an existing file: the file system is mounted over it. Needs root and /dev/fuse, and ends
// when it is unmounted. It then prints a line of JSON: {"reads":..,"bytes":..,"most":..}, the last being the most
// reads that were under way at once.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";

import * as fuse from "./protocol";

/** Reads that the kernel may have under way. */
const REQUESTS = 128;

interface Counts {
  reads: number;
  bytes: number;
  most: number;
}

/** Answers the kernel until the file system is unmounted. */
class SlowDisk {
  private readonly counts: Counts = { reads: 0, bytes: 0, most: 0 };
  private underWay = 0;

  constructor(
    private readonly device: number,
    private readonly file: number,
    private readonly delayMs: number,
  ) {}

  serve(done: (counts: Counts) => void): void {
    const room = Buffer.alloc(fuse.REQUEST_ROOM);
    fs.read(this.device, room, 0, room.length, null, (error, bytes) => {
      if (error?.code === "ENODEV") return done(this.counts);
      if (error === null) this.handle(fuse.parseRequest(room.subarray(0, bytes)));
      this.serve(done);
    });
  }

  private handle({ opcode, unique, body }: fuse.Request): void {
    switch (opcode) {
      case fuse.OPCODE.init:
        return this.send(fuse.reply(unique, fuse.initContent(REQUESTS)));
      case fuse.OPCODE.getattr:
        return this.send(fuse.reply(unique, fuse.attributesContent(fs.fstatSync(this.file).size)));
      case fuse.OPCODE.open:
        return this.send(fuse.reply(unique, fuse.openContent()));
      case fuse.OPCODE.release:
      case fuse.OPCODE.flush:
        return this.send(fuse.reply(unique));
      case fuse.OPCODE.read:
        return this.read(unique, fuse.parseRead(body));
      default:
        if (!fuse.WITHOUT_REPLY.includes(opcode)) {
          this.send(fuse.reply(unique, undefined, fuse.ENOSYS));
        }
    }
  }

  private read(unique: bigint, { offset, length }: { offset: number; length: number }): void {
    this.underWay += 1;
    this.counts.reads += 1;
    this.counts.most = Math.max(this.counts.most, this.underWay);
    setTimeout(() => {
      this.underWay -= 1;
      const message = Buffer.alloc(fuse.REPLY_HEADER + length);
      let bytes: number;
      try {
        bytes = fs.readSync(this.file, message, fuse.REPLY_HEADER, length, offset);
      } catch {
        return this.send(fuse.reply(unique, undefined, fuse.EIO));
      }
      this.counts.bytes += bytes;
      this.send(fuse.sealReply(message.subarray(0, fuse.REPLY_HEADER + bytes), unique));
    }, this.delayMs);
  }

  private send(message: Uint8Array): void {
    try {
      fs.writeSync(this.device, message);
    } catch (error) {
      // ENOENT: whoever asked no longer waits. ENODEV: unmounted meanwhile.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENODEV") throw error;
    }
  }
}

function mount(device: number, at: string): void {
  const options = "fd=3,rootmode=100000,user_id=0,group_id=0,allow_other,max_read=1048576,ro";
  const { status, stderr } = spawnSync(
    "mount",
    ["-i", "-t", "fuse", "-o", options, "ami2box-slow-disk", at],
    { stdio: ["ignore", "ignore", "pipe", device], encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`a FUSE file system could not be mounted: ${stderr.trim()}`);
}

function main([path, at, delay]: readonly string[]): void {
  if (path === undefined || at === undefined || !(Number(delay) >= 0)) {
    throw new Error("expected FILE, PLACE and MILLISECONDS");
  }
  const file = fs.openSync(path, "r");
  const device = fs.openSync("/dev/fuse", "r+");
  mount(device, at);
  new SlowDisk(device, file, Number(delay)).serve((counts) => {
    process.stdout.write(`${JSON.stringify(counts)}\n`);
  });
}

if (require.main === module) main(process.argv.slice(2));
