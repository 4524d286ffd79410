import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  boxInfo,
  boxMetadata,
  boxTextProblems,
  boxVagrantfile,
  DISK_NAME,
  readBox,
  readBoxText,
  writeBox,
  type BoxContents,
} from "../../formats/box";
import { parseTarHeader, tarHeader } from "../../formats/box/tar";

const NAMES = ["metadata.json", "info.json", "Vagrantfile", "box.ovf", DISK_NAME];

function contentsWith(disk: Buffer, more: Partial<BoxContents> = {}): BoxContents {
  return {
    metadata: boxMetadata({ provider: "virtualbox", architecture: "amd64" }),
    info: boxInfo({ source: "test" }),
    vagrantfile: boxVagrantfile(['config.vm.base_mac = "080027123456"']),
    descriptor: (diskBytes) => `<Envelope size="${diskBytes}"/>\n`,
    diskName: DISK_NAME,
    writeDisk: async (sink) => {
      for (let at = 0; at < disk.length; at += 1000) {
        await sink.append(disk.subarray(at, at + 1000));
      }
      return "none";
    },
    epoch: 1700000000,
    ...more,
  };
}

describe("box", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ami2box-box-"));
    path = join(folder, "x.box");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is a plain tar that tar and bsdtar list and unpack, the disk last", async () => {
    const disk = Buffer.alloc(70000, "disk!");
    await writeBox(path, contentsWith(disk));
    const run = (program: string, ...args: string[]): string =>
      execFileSync(program, args, { env: { ...process.env, TZ: "UTC" } }).toString();
    assert.deepEqual(run("bsdtar", "-tf", path).trim().split("\n"), NAMES);
    assert.equal(
      run("tar", "--full-time", "-tvf", path).replaceAll(/ +/g, " "),
      [58, 23, 215, 36, 70000]
        .map((size, index) => `-rw-r--r-- root/root ${size} 2023-11-14 22:13:20 ${NAMES[index]}\n`)
        .join(""),
    );
    run("tar", "-xf", path, "-C", folder);
    assert.ok(readFileSync(join(folder, DISK_NAME)).equals(disk));
  });

  it("says where its disk lies, and its size and checksum are those of the file", async () => {
    const disk = Buffer.alloc(5000, 7);
    const written = await writeBox(path, contentsWith(disk));
    const file = readFileSync(path);
    const { offset, size } = written.disk;
    assert.equal(written.bytes, file.length);
    assert.equal(written.sha256, createHash("sha256").update(file).digest("hex"));
    assert.ok(file.subarray(offset, offset + size).equals(disk));
  });

  it("reads back what was written, for disks of any size", async () => {
    const anyDisk = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(anyDisk, async (disk) => {
        rmSync(path, { force: true });
        const written = await writeBox(path, contentsWith(disk));
        const box = await readBox(path);
        assert.deepEqual(
          box.members.map(({ name }) => name),
          NAMES,
        );
        assert.deepEqual(box.metadata, { provider: "virtualbox", architecture: "amd64" });
        assert.equal(box.members[4]?.offset, written.disk.offset);
        assert.equal(box.members[4]?.size, disk.length);
        const descriptor = box.members[3];
        assert.ok(descriptor);
        const text = await readBoxText(path, descriptor);
        assert.equal(text.trimEnd(), `<Envelope size="${disk.length}"/>`);
      }),
      { numRuns: 25 },
    );
  });

  it("has the same bytes when written twice from the same input", async () => {
    const disk = Buffer.alloc(1 << 16, 1);
    const first = await writeBox(path, contentsWith(disk));
    const second = await writeBox(`${path}.again`, contentsWith(disk));
    assert.deepEqual(first, second);
  });

  it("is removed again when its disk cannot be written, and never replaces a file", async () => {
    const fails = contentsWith(Buffer.alloc(0), {
      writeDisk: async (sink) => {
        await sink.append(Buffer.alloc(100));
        throw new Error("disk unreadable");
      },
    });
    await assert.rejects(writeBox(path, fails), /disk unreadable/);
    assert.equal(existsSync(path), false);
    writeFileSync(path, "mine");
    await assert.rejects(writeBox(path, contentsWith(Buffer.alloc(9))), /EEXIST/);
    assert.equal(readFileSync(path, "utf8"), "mine");
  });

  it("holds a member over 8 GiB, which tar and bsdtar read", () => {
    const size = 2 ** 33 + 512;
    writeFileSync(path, tarHeader("big", size, 0));
    execFileSync("truncate", ["-s", String(512 + size + 1024), path]);
    for (const program of ["tar", "bsdtar"]) {
      assert.match(execFileSync(program, ["-tvf", path]).toString(), new RegExp(` ${size} `));
    }
    assert.equal(parseTarHeader(tarHeader("big", size, 0)).size, size);
  });

  it("is read in the forms other programs write: pax headers, ./ names, folders", async () => {
    const unpacked = join(folder, "unpacked");
    mkdirSync(unpacked);
    for (const name of ["metadata.json", DISK_NAME]) writeFileSync(join(unpacked, name), "{}");
    for (const args of [
      ["tar", "--format=pax", "--pax-option=comment=x"],
      ["tar", "--format=ustar"],
      ["bsdtar", "--format=pax"],
    ]) {
      const [program = "", ...options] = args;
      execFileSync(program, [...options, "-cf", path, "-C", unpacked, "."]);
      const box = await readBox(path);
      assert.deepEqual(box.members.map(({ name }) => name).sort(), [DISK_NAME, "metadata.json"]);
    }
  });

  it("is rejected when cut short anywhere, damaged in a header or compressed", async () => {
    await writeBox(path, contentsWith(Buffer.alloc(2000, 1)));
    const whole = readFileSync(path);
    for (const length of [0, 1, 511, 512, 700, 2000, whole.length - 1024, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length));
      await assert.rejects(readBox(path), SyntaxError, `cut to ${length}`);
    }
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(130) ^ 1, 130);
    writeFileSync(path, damaged);
    await assert.rejects(readBox(path), /checksum is wrong/);
    execFileSync("sh", ["-c", `gzip -c <"$1" >"$1.gz"`, "sh", path]);
    await assert.rejects(readBox(`${path}.gz`), /compressed with gzip/);
  });

  it("is rejected without a metadata.json that is an object", async () => {
    await writeBox(path, contentsWith(Buffer.alloc(9), { metadata: "[]" }));
    await assert.rejects(readBox(path), /no JSON object/);
    execFileSync("tar", ["-cf", path, "-C", "/etc", "hostname"]);
    await assert.rejects(readBox(path), /no metadata\.json/);
  });

  it("takes no more room than its disk and a few blocks", async () => {
    const disk = Buffer.alloc(1 << 20, 3);
    await writeBox(path, contentsWith(disk));
    assert.ok(statSync(path).size <= disk.length + 16 * 512);
  });
});

describe("texts in a box", () => {
  it("give the maker's lines and the user's include, in valid Ruby", () => {
    const text = boxVagrantfile(["config.ssh.shell = 'bash'", "", "# note"]);
    assert.equal(
      text,
      `Vagrant.configure("2") do |config|
  config.ssh.shell = 'bash'

  # note
end

include_vagrantfile = File.expand_path("../include/_Vagrantfile", __FILE__)
load include_vagrantfile if File.exist?(include_vagrantfile)
`,
    );
    assert.equal(execFileSync("ruby", ["-c"], { input: text }).toString(), "Syntax OK\n");
  });

  it("list facts in one order whatever order they come in", () => {
    assert.equal(boxInfo({ b: 1, a: "x" }), boxInfo({ a: "x", b: 1 }));
    assert.equal(boxInfo({ b: true, a: "x" }), '{\n  "a": "x",\n  "b": true\n}\n');
  });

  it("are refused when lines or facts have another form", () => {
    assert.deepEqual(boxTextProblems([], {}), []);
    assert.equal(boxTextProblems(["a\nb"], { a: {} }).length, 2);
    assert.equal(boxTextProblems("a", []).length, 2);
    assert.equal(boxTextProblems(undefined, null).length, 2);
  });
});
