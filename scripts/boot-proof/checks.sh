# shellcheck shell=bash
# The list of checks of one boot proof; sourced after scripts/lib/stage.sh.
#
#   checks_begin
#   check ok "logs in with the RSA key"
#   check failed "clones have their own machine-id" "both have 4f3c..."
#   checks_read_tap FILE                 # what a script inside the guest found
#   checks_write DIR                     # DIR/checks.json and DIR/checks.tap
#   checks_failed_names                  # "one; another", or nothing

checks_begin() {
  CHECKS=$STAGE_TMP/checks.jsonl
  : >"$CHECKS"
}

# One check: ok or failed, its name, and what was seen.
check() {
  jq -cn --arg verdict "$1" --arg name "$2" --arg detail "${3:-}" \
    '{name: $name, ok: ($verdict == "ok"), detail: $detail}' >>"$CHECKS"
}

checks_read_tap() {
  jq -cRn -f "$(dirname "${BASH_SOURCE[0]}")/tap.jq" "$1" | jq -c '.[]' >>"$CHECKS"
}

checks_write() {
  jq -s . "$CHECKS" >"$1/checks.json"
  jq -rs '"1..\(length)", (to_entries[] | (.key + 1) as $n | .value
      | "\(if .ok then "" else "not " end)ok \($n) - \(.name)\(if .skipped then " # \(.detail)" else "" end)",
        (if .detail != "" and (.skipped | not) then "# \(.detail)" else empty end))' \
    "$CHECKS" >"$1/checks.tap"
}

# Prints {"passed":n,"failed":n,"skipped":n}.
checks_count() {
  jq -cs '{passed: (map(select(.ok and (.skipped | not))) | length),
           failed: (map(select(.ok | not)) | length),
           skipped: (map(select(.skipped)) | length)}' "$CHECKS"
}

checks_failed_names() {
  jq -rs 'map(select(.ok | not) | .name) | join("; ")' "$CHECKS"
}
