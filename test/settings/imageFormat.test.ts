import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";

import { detectImageFormat } from "../../settings/imageFormat";

describe("detectImageFormat", () => {
  let folder: string;

  before(() => {
    folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-formats-"));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  function write(name: string, content: Uint8Array): string {
    const file = path.join(folder, name);
    fs.writeFileSync(file, content);
    return file;
  }

  /** An image as `qemu-img` makes it. */
  function qemuImage(format: string, options = ""): string {
    const file = path.join(folder, `${format}${options}.img`);
    const args = options === "" ? [] : ["-o", options];
    execFileSync("qemu-img", ["create", "-q", "-f", format, ...args, file, "4M"]);
    return file;
  }

  /** Zeros with some text at a place. */
  function marked(offset: number, text: string, size = 65536): Buffer {
    const content = Buffer.alloc(size);
    content.write(text, offset, "latin1");
    return content;
  }

  it("tells images of every format it takes by their content", () => {
    const found = (file: string): unknown => detectImageFormat(file);
    assert.deepEqual(found(write("disk", Buffer.alloc(1024))), { format: "raw" });
    assert.deepEqual(found(qemuImage("qcow2")), { format: "qcow2" });
    assert.deepEqual(found(qemuImage("vmdk")), { format: "vmdk" });
    assert.deepEqual(found(qemuImage("vmdk", "subformat=streamOptimized")), { format: "vmdk" });
    assert.deepEqual(found(qemuImage("vmdk", "subformat=monolithicFlat")), { format: "vmdk" });
    assert.deepEqual(found(qemuImage("vpc")), { format: "vpc" });
    assert.deepEqual(found(qemuImage("vpc", "subformat=fixed")), { format: "vpc" });
  });

  const refused: [string, () => Buffer, RegExp][] = [
    [
      "gzip",
      () => gzipSync(Buffer.alloc(4096)),
      /^has the format gzip, which is not read here; decompress it with gunzip/,
    ],
    [
      "xz",
      () => marked(0, "\xfd7zXZ\0"),
      /^has the format xz, which is not read here; decompress it with unxz/,
    ],
    [
      "zstd",
      () => marked(0, "\x28\xb5\x2f\xfd"),
      /^has the format zstd, which is not read here; decompress it with unzstd/,
    ],
    [
      "bzip2",
      () => marked(0, "BZh9"),
      /^has the format bzip2, which is not read here; decompress it with bunzip2/,
    ],
    [
      "zip",
      () => marked(0, "PK\x03\x04"),
      /^has the format zip, which is not read here; unpack it/,
    ],
    [
      "tar",
      () => marked(257, "ustar"),
      /^has the format tar \(OVA or \.box\), which is not read here; unpack the disk in it/,
    ],
    [
      "VDI",
      () => marked(64, "\x7f\x10\xda\xbe"),
      /^has the format VDI, which is not read here; convert it with qemu-img/,
    ],
    [
      "VHDX",
      () => marked(0, "vhdxfile"),
      /^has the format VHDX, which is not read here; convert it with qemu-img convert/,
    ],
    [
      "ISO 9660",
      () => marked(32769, "CD001"),
      /^has the format ISO 9660, which is not read here; install it to a disk first/,
    ],
  ];
  for (const [name, content, reason] of refused) {
    it(`refuses ${name}, with the remedy`, () => {
      const found = detectImageFormat(write(`${name}.img`, content()));
      assert.ok("problem" in found);
      assert.match(found.problem, reason);
      assert.match(found.problem, / and give a raw, qcow2, vmdk or vhd image$/);
    });
  }

  it("recognises what qemu-img itself writes as VDI and VHDX", () => {
    for (const [format, name] of [
      ["vdi", "VDI"],
      ["vhdx", "VHDX"],
    ] as const) {
      const found = detectImageFormat(qemuImage(format));
      assert.ok("problem" in found && found.problem.startsWith(`has the format ${name},`), format);
    }
  });

  for (const declared of [undefined, "raw"] as const) {
    it(`refuses a size of no whole sectors, with format ${declared ?? "not given"}`, () => {
      const found = detectImageFormat(write("odd", Buffer.alloc(1000)), declared);
      assert.ok("problem" in found);
      assert.match(found.problem, /^is 1000 bytes long, which is no whole number of 512-byte/);
    });
  }

  it("believes a user who says raw, whatever the disk begins with", () => {
    assert.deepEqual(detectImageFormat(write("q", marked(0, "QFI\xfb")), "raw"), {
      format: "raw",
    });
  });

  it("refuses a format that disagrees with the content, by the names of the setting", () => {
    const disagreement = (file: string, declared: "qcow2" | "vhd" | "vmdk"): string => {
      const found = detectImageFormat(file, declared);
      return "problem" in found ? found.problem : "";
    };
    assert.match(disagreement(qemuImage("vpc"), "qcow2"), /^is a vhd image, not the qcow2 that/);
    assert.match(disagreement(qemuImage("qcow2"), "vhd"), /^is a qcow2 image, not the vhd that/);
    assert.match(disagreement(write("r", Buffer.alloc(512)), "vmdk"), /^is a raw image, not the/);
    assert.match(
      disagreement(write("z.img", gzipSync(Buffer.alloc(9))), "qcow2"),
      /^has the format gzip,/,
    );
  });

  it("takes a format that agrees with the content", () => {
    assert.deepEqual(detectImageFormat(qemuImage("vpc"), "vhd"), { format: "vpc" });
    assert.deepEqual(detectImageFormat(qemuImage("qcow2"), "qcow2"), { format: "qcow2" });
  });

  it("reads files shorter than any mark", () => {
    assert.ok("problem" in detectImageFormat(write("tiny", Buffer.from("Q"))));
  });
});
