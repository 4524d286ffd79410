import * as fs from "node:fs";
import * as path from "node:path";

/*
 * Stand-ins for the two stages that take longest. They keep to what the real ones promise (scripts/lib/stage.sh:
 * variables, one line of JSON, logs, status), fail where a user's script fails, in the real one's words, and take
 * a while; but they run that script beside the image, not in it, and make a disk with nothing on it.
 */

const provision = String.raw`#!/usr/bin/env bash
# Stand-in: runs the user's scripts in a folder of its own, and puts a digest of them in place of the changes.
source "$(dirname "\${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin provision SOURCE_DIGEST USER_SCRIPTS_SHA256
sleep 1
while IFS= read -r script; do
  [[ -n $script ]] || continue
  script=$(realpath "$script")
  status=0
  (cd "$STAGE_TMP" && bash "$script") >>"$STAGE_LOG" 2>&1 || status=$?
  ((status == 0)) ||
    fail "your $(basename "$script") failed with status $status; the whole log is $STAGE_LOG"
done <<<"\${USER_SCRIPTS:-}"
mkdir "$STAGE_TMP/changes"
replace "$STAGE_TMP/changes" "$WORK_DIR/provision"
printf 'none\t1\tall\n' >"$WORK_DIR/packages.tsv"
stage_end path="$WORK_DIR/provision" inputBytes:=0 outputBytes:=0 epoch:=1700000000 fixes:='[]' access=public \
  guestAdditions:='{"guestAdditions":"none","kernels":[],"reason":""}' \
  sha256="$(sha256sum <<<"$SOURCE_DIGEST $USER_SCRIPTS_SHA256" | cut -d' ' -f1)"
`;

const rawDisk = String.raw`#!/usr/bin/env bash
# Stand-in: a disk of 8 MiB with a mark on it.
source "$(dirname "\${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin raw-disk PROVISIONED_SHA256 FIRMWARE
disk=$STAGE_TMP/disk.raw
truncate --size 8M "$disk"
printf '%s' "$PROVISIONED_SHA256" | dd of="$disk" conv=notrunc status=none
mv -T "$disk" "$WORK_DIR/disk.raw"
stage_end path="$WORK_DIR/disk.raw" inputBytes:=0 outputBytes:=8388608 bootLoader=none firmware="$FIRMWARE" \
  fixes:='[]' sha256="$(sha256sum <"$WORK_DIR/disk.raw" | cut -d' ' -f1)"
`;

/** Puts them in the place of a project's own. */
export function useCheapStages(project: string): void {
  const stages = path.join(project, "scripts", "stages");
  for (const [name, text] of Object.entries({ provision, "raw-disk": rawDisk })) {
    fs.writeFileSync(path.join(stages, `${name}.sh`), text.replaceAll("\\${", "${"));
  }
}
