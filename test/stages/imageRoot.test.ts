import { strict as assert } from "node:assert";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { makeRootTree } from "../support/diskFixtures";
import { leftoversOf, nothingLeft } from "../support/leftovers";
import { projectDirectory } from "../support/stageRun";

/** Opens an image with the stages' own library and prints what it found, and what the whole tree then holds. */
const opener = `
  set -Eeuo pipefail
  source scripts/lib/stage.sh
  stage_begin preflight
  source scripts/lib/overlay.sh
  SOURCE_TYPE=image IMAGE_FORMAT=raw
  open_source
  echo "$SOURCE_LAYOUT"
  mount_overlay "$STAGE_TMP/changes"
  (cd "$ROOT" && find boot home srv data -type f | sort)
  echo changed >"$ROOT/home/me/new"
  echo changes: $(cd "$STAGE_TMP/changes" && ls | sort)
`;

describe("the root of an image", function () {
  this.timeout(60_000);
  let scratch: string;
  let tree: string;

  before(() => {
    scratch = fs.mkdtempSync(path.join(tmpdir(), "ami2box-root-of-"));
    tree = makeRootTree(path.join(scratch, "tree"));
    for (const file of ["boot/vmlinuz-6.1", "home/me/letter", "srv/page", "data/table"]) {
      fs.mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
      fs.writeFileSync(path.join(tree, file), file);
    }
  });

  afterEach(() => assert.deepEqual(leftoversOf(scratch), nothingLeft));
  after(() => fs.rmSync(scratch, { recursive: true, force: true }));

  function layOut(layout: string): string {
    const disk = path.join(scratch, `${layout}.raw`);
    execFileSync("bash", ["test/inputs/lay-out-disk.sh", layout, tree, disk, "600"], {
      cwd: projectDirectory,
      stdio: "pipe",
    });
    return disk;
  }

  /** What the library says of an image: a line on its layout, then the files it sees, then its changes. */
  function open(image: string): string[] {
    const { status, stdout, stderr } = spawnSync("unshare", ["--mount", "bash", "-c", opener], {
      cwd: projectDirectory,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], WORK_DIR: path.join(scratch, "work"), IMAGE: image },
    });
    assert.equal(status, 0, stderr);
    return stdout.trimEnd().split("\n");
  }

  /** Writes to one of an image's file systems as its own system would. */
  function change(image: string, offsetMiB: number, options: string, script: string): void {
    const at = path.join(scratch, "mounted");
    fs.mkdirSync(at, { recursive: true });
    const steps = `
      loop=$(losetup --find --show --offset $(($3 << 20)) "$1")
      trap 'cd / && umount "$2"; losetup --detach "$loop"' EXIT
      blockdev --setrw "$loop"
      mount -o "$4" "$loop" "$2"
      cd "$2"
      ${script}`;
    execFileSync(
      "unshare",
      ["--mount", "bash", "-ec", steps, "bash", image, at, String(offsetMiB), options],
      { stdio: "pipe" },
    );
  }

  const everything = ["boot/vmlinuz-6.1", "data/table", "home/me/letter", "srv/page"];

  it("is found beside the partitions an EC2 image has for its firmware", () => {
    const [layout, ...seen] = open(layOut("ec2"));
    assert.equal(layout, "ext4 on partition 1");
    assert.deepEqual(seen, [...everything, "changes: root"]);
  });

  it("is found on XFS, with /boot from a partition of its own", () => {
    const [layout, ...seen] = open(layOut("xfs-boot"));
    assert.equal(layout, "xfs on partition 2; /boot apart");
    assert.deepEqual(seen, [...everything, "changes: boot root"]);
  });

  it("is found in a btrfs subvolume, not in a snapshot of it, with /home from another", () => {
    const image = layOut("btrfs");
    const before = fs.readFileSync(image);
    const [layout, ...seen] = open(image);
    assert.equal(layout, "btrfs on a disk without partitions, subvolume @; /home apart");
    assert.deepEqual(seen, [...everything, "changes: home root"]);
    assert.ok(fs.readFileSync(image).equals(before), "the image was written to");
  });

  it("is the subvolume that btrfs mounts by default, however deep and whatever its name", () => {
    const image = layOut("btrfs");
    change(
      image,
      0,
      "subvolid=5",
      "mkdir -p @/.snapshots/1 && btrfs -q subvolume snapshot @ @/.snapshots/1/snapshot && rm @/etc/fstab && " +
        "btrfs subvolume set-default @/.snapshots/1/snapshot",
    );
    assert.match(open(image)[0] ?? "", /subvolume @\/\.snapshots\/1\/snapshot; \/home apart$/);
  });

  it("has its /boot found by its kernels where fstab names a disk that is not there", () => {
    const image = layOut("xfs-boot");
    change(
      image,
      201,
      "nouuid",
      "sed -i 's,UUID=[^ ]* /boot,/dev/mapper/old-boot /boot,' etc/fstab",
    );
    assert.equal(open(image)[0], "xfs on partition 2; /boot apart");
  });

  for (const [kind, name] of [
    ["its label", "LABEL=system-boot"],
    ["the name of its partition", "PARTLABEL=boot"],
    ["its number on a machine's first disk", "/dev/nvme0n1p1"],
    ["a link below /dev/disk", "/dev/disk/by-label/system-boot"],
    ["quotes around it all", '"LABEL=system-boot"'],
  ] as const) {
    it(`has its /boot mounted when fstab names it by ${kind}`, () => {
      const image = layOut("xfs-boot");
      // Without kernels it is not found by what it looks like.
      change(image, 1, "rw", "e2label $loop system-boot; rm vmlinuz-6.1; touch mark");
      change(image, 201, "nouuid", `sed -i 's,UUID=[^ ]* /boot,${name} /boot,' etc/fstab`);
      assert.deepEqual(open(image).slice(0, 2), ["xfs on partition 2; /boot apart", "boot/mark"]);
    });
  }
});
