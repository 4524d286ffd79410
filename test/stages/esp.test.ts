import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { projectDirectory } from "../support/stageRun";

/**
 * Real mtools. `grub-mkimage` is a stand-in that writes a file where it is told to, and like the real one
 * fails on a module it does not find: the real one runs in the image, which the end-to-end test boots.
 */
const script = `
set -Eeuo pipefail
STAGE=test STAGE_TMP=$1 ROOT=$1/root EPOCH=1700000000
fail() { echo "$*" >&2; exit 1; }
run() { "$@"; }
in_chroot() {
  shift
  local argument out
  for argument; do
    case $argument in
      --output=*) out=$ROOT\${argument#--output=} ;;
      --*) ;;
      *) [[ -e $ROOT/usr/lib/grub/x86_64-efi/$argument.mod ]] || fail "no module $argument" ;;
    esac
  done
  echo "a loader" >"$out"
}
source scripts/lib/esp.sh
mkdir -p "$ROOT"/usr/{bin,lib/grub/x86_64-efi} "$ROOT/boot/grub"
printf '#!/bin/sh\n' >"$ROOT/usr/bin/grub-mkimage"
chmod 755 "$ROOT/usr/bin/grub-mkimage"
printf 'ID=debian\n' >"$ROOT/usr/lib/os-release"
for name in "\${EFI_MODULES[@]}"; do : >"$ROOT/usr/lib/grub/x86_64-efi/$name.mod"; done
: >"$ROOT/usr/lib/grub/x86_64-efi/moddep.lst"
eval "\${2:-}"
make_esp amd64 2f6b7d0e-0c1d-4a57-9d59-5e7f6f1f3c11
esp_id 2f6b7d0e-0c1d-4a57-9d59-5e7f6f1f3c11
`;

describe("the EFI system partition", () => {
  const folders: string[] = [];
  function make(before = ""): { status: number | null; stderr: string; folder: string } {
    const folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-esp-"));
    folders.push(folder);
    const arguments_ = ["-c", script, "bash", folder, before];
    const { status, stderr } = spawnSync("bash", arguments_, {
      cwd: projectDirectory,
      encoding: "utf8",
    });
    return { status, stderr, folder };
  }
  afterEach(() => {
    for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
  });

  it("has the loader where firmware looks by itself and where the distribution keeps its own", () => {
    const { status, stderr, folder } = make();
    assert.equal(status, 0, stderr);
    const image = path.join(folder, "esp.img");
    for (const file of ["EFI/BOOT/BOOTX64.EFI", "EFI/debian/grubx64.efi"]) {
      const content = execFileSync("mtype", ["-i", image, `::/${file}`], { encoding: "utf8" });
      assert.equal(content, "a loader\n");
    }
    assert.equal(
      fs.readFileSync(path.join(folder, "root/boot/grub/x86_64-efi/load.cfg"), "utf8"),
      "search.fs_uuid 2f6b7d0e-0c1d-4a57-9d59-5e7f6f1f3c11 root\nset prefix=($root)/boot/grub\n",
    );
  });

  it("is a FAT32 of 64 MiB with the serial number that fstab names", () => {
    const { folder } = make();
    const image = fs.readFileSync(path.join(folder, "esp.img"));
    assert.equal(image.length, 64 << 20);
    // FAT specification, section 3.3: BS_VolID at 67, BS_FilSysType at 82.
    assert.equal(image.readUInt32LE(67).toString(16), "2f6b7d0e");
    assert.equal(image.toString("latin1", 82, 90), "FAT32   ");
  });

  it("has the same bytes at another time", async () => {
    const first = fs.readFileSync(path.join(make().folder, "esp.img"));
    // FAT counts in steps of two seconds.
    await new Promise((resolve) => setTimeout(resolve, 2100));
    assert.ok(fs.readFileSync(path.join(make().folder, "esp.img")).equals(first));
  });

  it("is refused for an image without GRUB for EFI, by name", () => {
    const { status, stderr } = make('rm -r "$ROOT/usr/lib/grub/x86_64-efi"');
    assert.equal(status, 1);
    assert.match(stderr, /no GRUB for EFI \(x86_64-efi\); .* or set box\.firmware to bios/);
  });
});
