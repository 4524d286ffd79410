# shellcheck shell=bash
# The fixes of scripts/fixes as stages see them; sourced after stage.sh.
#
#   fix_names                        # prints their names, in order: kernel, boot-loader, ...
#   fix_judge kernel COMMAND...      # runs COMMAND... 10-kernel.sh check; sets FIX_FOUND, FIX_VERDICT, FIX_REMEDY
#   fix_record kernel                # adds what was judged to FIXES, a JSON list
#
# SKIP_FIXES holds the names of those that are turned off (provisioning.skipFixes), separated by spaces: they
# are judged `skipped` whatever they find.

FIXES='[]'

fix_names() {
  local file
  for file in "$(dirname "${BASH_SOURCE[0]}")"/../fixes/[0-9]*.sh; do
    file=${file##*/[0-9][0-9]-}
    echo "${file%.sh}"
  done
}

# Prints the file name of a fix: 10-kernel.sh.
fix_file() {
  local file
  file=$(compgen -G "$(dirname "${BASH_SOURCE[0]}")/../fixes/[0-9][0-9]-$1.sh") || fail "there is no fix '$1' in scripts/fixes"
  echo "${file##*/}"
}

fix_is_skipped() {
  [[ " ${SKIP_FIXES:-} " == *" $1 "* ]]
}

fix_judge() {
  local name=$1 file line
  shift
  file=$(fix_file "$name")
  line=$("$@" "$file" check 2>>"$STAGE_LOG") || fail "the check of $file failed; the whole log is $STAGE_LOG"
  IFS=$'\t' read -r FIX_FOUND FIX_VERDICT FIX_REMEDY <<<"$line"
  [[ $FIX_VERDICT =~ ^(ok|fix|refuse)$ ]] || fail "$file gave the verdict '$FIX_VERDICT'; allowed: ok, fix, refuse"
  if fix_is_skipped "$name"; then
    FIX_VERDICT=skipped FIX_REMEDY="turned off by provisioning.skipFixes"
  fi
}

fix_record() {
  FIXES=$(jq -c --arg name "$1" --arg found "$FIX_FOUND" --arg verdict "$FIX_VERDICT" --arg remedy "$FIX_REMEDY" \
    '. + [{$name, $found, $verdict, $remedy}]' <<<"$FIXES")
}
