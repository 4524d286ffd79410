# shellcheck shell=bash
# The table of the preflight; sourced after stage.sh.
#
#   row NAME FOUND ok|fix|refuse|skipped [REMEDY]
#   print_table            # aligned, on stderr
#   table_json             # [{"check":"kernel","found":"..","verdict":"fix","remedy":".."}, ...]
#   refused_rows           # the reasons to stop, one a line

TABLE_ROWS=()

row() {
  TABLE_ROWS+=("$1"$'\t'"$2"$'\t'"$3"$'\t'"${4:-}")
}

rows() {
  ((${#TABLE_ROWS[@]} == 0)) || printf '%s\n' "${TABLE_ROWS[@]}"
}

# What is longer than its column is not cut: it pushes the rest of its line.
print_table() {
  rows | awk -F '\t' -v stage="$STAGE" '
    function pad(text, width) { return sprintf("%-" width "s", text) }
    { count[$3]++; for (i = 1; i <= NF; i++) cell[NR, i] = $i; lines = NR
      if (length($1) > first) first = length($1)
      if (length($2) > second && length($2) <= 56) second = length($2) }
    END {
      print stage ":   " pad("check", first) "  " pad("found", second) "  verdict  remedy"
      for (n = 1; n <= lines; n++) {
        line = pad(cell[n, 1], first) "  " pad(cell[n, 2], second) "  " pad(cell[n, 3], 7) "  " cell[n, 4]
        sub(/ +$/, "", line)
        print stage ":   " line
      }
      summary = lines " checks: " count["ok"] + 0 " ok"
      if (count["fix"]) summary = summary ", " count["fix"] " to be fixed"
      if (count["skipped"]) summary = summary ", " count["skipped"] " skipped"
      if (count["refuse"]) summary = summary ", " count["refuse"] " refused"
      print stage ": " summary
    }' >&2
}

table_json() {
  rows | jq -cRn '[inputs | split("\t") | {check: .[0], found: .[1], verdict: .[2], remedy: .[3]}]'
}

refused_rows() {
  rows | awk -F '\t' '$3 == "refuse" { print $2 ($4 == "" ? "" : "; ") $4 }'
}
