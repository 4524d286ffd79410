import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import {
  type BoxParts,
  endRun,
  leftBehind,
  newRun,
  type Run,
  runParts,
  runStage,
  writeBox,
} from "./harness";

describe("boot proof: what it is given", () => {
  let run: Run;

  beforeEach(() => {
    run = newRun();
  });
  afterEach(() => {
    endRun(run);
  });

  function refuses(reason: RegExp): void {
    const { status, stdout, lines } = runStage(run);
    assert.notEqual(status, 0);
    assert.equal(stdout, "");
    const said = lines.filter((line) => line !== "boot-proof: started");
    assert.equal(said.length, 1, said.join("\n"));
    assert.match(said[0] ?? "", reason);
    assert.deepEqual(leftBehind(run), []);
  }

  it("names all missing variables at once", () => {
    run.env["BOX"] = run.env["OUT_DIR"] = "";
    refuses(/BOX OUT_DIR;/);
  });

  it("names all wrong settings at once", () => {
    run.env["OUT_DIR"] = "/dev/null/folder";
    Object.assign(run.env, {
      ACCEL: "fast",
      NETWORK: "none",
      CPUS: "two",
      BOOT_TIMEOUT: "0",
      CLONES: "3",
    });
    refuses(
      /BOX is .*; OUT_DIR is '\/dev\/null\/folder', which is no writable folder; ACCEL is 'fast'; allowed: auto, kvm, tcg; NETWORK is 'none'; .*; BOOT_TIMEOUT is '0'; .*; CLONES is '3'; allowed: a whole number from 1 to 2; CPUS is 'two'/,
    );
  });

  const badBoxes: [title: string, parts: BoxParts, reason: RegExp][] = [
    ["without metadata.json", { metadata: undefined }, /holds no metadata\.json/],
    ["without box.ovf", { ovf: undefined }, /holds no box\.ovf/],
    ["without a disk", { disks: [] }, /holds 0 VMDK files/],
    ["with two disks", { disks: ["a.vmdk", "b.vmdk"] }, /holds 2 VMDK files \(a\.vmdk b\.vmdk\)/],
    [
      "whose metadata is no JSON",
      { metadata: "provider" },
      /metadata\.json in .* is no JSON object/,
    ],
    ["of another provider", { metadata: '{"provider":"hyperv"}' }, /the provider 'hyperv'/],
    [
      "of an unknown architecture",
      { metadata: '{"provider":"virtualbox","architecture":"riscv64"}' },
      /the architecture 'riscv64'; the boot proof knows amd64/,
    ],
    [
      "whose disk is no VMDK",
      { diskContent: Buffer.alloc(4096) },
      /does not begin as a sparse VMDK/,
    ],
  ];
  for (const [title, parts, reason] of badBoxes) {
    it(`refuses a box ${title}`, () => {
      writeBox(run, { diskContent: Buffer.alloc(1024, "KDMV"), ...parts });
      refuses(reason);
    });
  }

  const libvirt = { metadata: '{"provider":"libvirt","architecture":"amd64"}', ovf: undefined };

  it("finds the disk of a box for libvirt, and gives its machine virtio devices", () => {
    const raw = path.join(run.root, "disk.raw");
    const image = path.join(run.root, "disk.qcow2");
    fs.writeFileSync(raw, Buffer.alloc(3 << 20, 1));
    execFileSync("qemu-img", ["convert", "-c", "-O", "qcow2", raw, image]);
    writeBox(run, { ...libvirt, disks: ["box.img"], diskContent: fs.readFileSync(image) });
    const { stdout, lines } = runParts(
      run,
      `check_settings; box_inspect "$BOX"; choose_machine
       qemu-img convert -O raw "json:$(disk_blockdev /dev/null | jq -c .backing)" "$TEMPORARY/copy.raw"
       echo "$BOX_PROVIDER $DISK_FORMAT $DISK_CAPACITY $QEMU_NIC \${QEMU_MACHINE[*]}"`,
    );
    assert.equal(
      stdout,
      "libvirt qcow2 3145728 virtio-net-pci -machine pc -vga std -device virtio-blk-pci,drive=disk,bootindex=0\n",
      lines.join("\n"),
    );
    assert.ok(fs.readFileSync(path.join(run.root, "tmp/copy.raw")).equals(fs.readFileSync(raw)));
  });

  it("refuses a box for libvirt without its disk, or whose disk is no qcow2", () => {
    writeBox(run, { ...libvirt, disks: ["disk.img"] });
    refuses(/holds 0 QCOW2 files/);
    writeBox(run, { ...libvirt, disks: ["box.img"], diskContent: Buffer.alloc(4096) });
    refuses(/does not begin as a qcow2/);
  });

  it("knows the machine of a box for ARM", () => {
    writeBox(run, { metadata: '{"provider":"virtualbox","architecture":"arm64"}' });
    const { stdout } = runParts(
      run,
      `QEMU_ACCEL=tcg QEMU_DEVICES=virtualbox; qemu_machine arm64
       qemu_native amd64 && echo "$QEMU_PROGRAM $QEMU_NIC \${QEMU_MACHINE[*]}"`,
    );
    assert.match(
      stdout,
      /^qemu-system-aarch64 virtio-net-pci -machine virt,gic-version=3 .*virtio-scsi-pci/,
    );
  });

  it("refuses a compressed box", () => {
    writeBox(run);
    fs.writeFileSync(run.box, gzipSync(fs.readFileSync(run.box)));
    refuses(/compressed with gzip/);
  });

  it("refuses a truncated box", () => {
    writeBox(run);
    fs.truncateSync(run.box, 3000);
    refuses(/is cut short: it ends inside box-disk001\.vmdk/);
  });

  it("refuses a file that is no archive", () => {
    fs.writeFileSync(run.box, "not a box\n".repeat(500));
    refuses(/no complete tar archive/);
  });

  it("refuses an empty file", () => {
    fs.writeFileSync(run.box, "");
    refuses(/no complete tar archive/);
  });

  it("finds the disk in the archive, and the machine in the OVF", () => {
    const item = (type: number, units: string, quantity: number): string =>
      `<Item><rasd:AllocationUnits>${units}</rasd:AllocationUnits>\n<rasd:ResourceType>${type}` +
      `</rasd:ResourceType><rasd:VirtualQuantity>${quantity}</rasd:VirtualQuantity></Item>\n`;
    const others = "<Item></Item>\n".repeat(20_000);
    writeBox(run, { ovf: item(3, "hertz * 10^6", 3) + item(4, "byte * 2^30", 2) + others });
    const { stdout } = runParts(
      run,
      'box_inspect "$BOX"; echo "$BOX_ARCH $BOX_CPUS $BOX_MEMORY_MIB $DISK_OFFSET $DISK_SIZE $DISK_CAPACITY"',
    );
    const [arch, cpus, memory, offset, size, capacity] = stdout.trim().split(" ");
    assert.deepEqual([arch, cpus, memory, capacity], ["amd64", "3", "2048", `${1 << 20}`]);
    const archive = fs.readFileSync(run.box);
    assert.equal(Number(offset), archive.indexOf("KDMV"));
    assert.equal(Number(offset) % 512, 0);
    // What follows the disk is the padding to the next block and the archive's end: zeros.
    assert.ok(archive.subarray(Number(offset) + Number(size)).every((byte) => byte === 0));
  });
});
