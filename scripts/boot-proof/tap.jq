# Reads the TAP (Test Anything Protocol) a guest script wrote, as raw lines, and gives a list of
# {name, ok, detail}, with skipped: true where a test says so. Diagnostics ("# ...") and indented lines
# belong to the test above them. A plan that is not kept is a failed check of its own: a script that
# died half-way must not pass for one with few tests.
#
#   jq -Rn -f tap.jq checks.out
reduce inputs as $raw ({tests: [], planned: null};
  ($raw | rtrimstr("\r")) as $line
  | if $line | test("^(not )?ok\\b") then
      ($line | capture("^(?<not>not )?ok\\b *[0-9]*(?: +-)? *(?<name>.*?)(?: +# *(?<note>.*))?$")) as $t
      | .tests += [{
          name: (if $t.name == "" then "unnamed check" else $t.name end),
          ok: ($t.not == null),
          detail: ($t.note // "")
        } + (if ($t.note // "") | test("^skip"; "i") then {skipped: true} else {} end)]
    elif $line | test("^1\\.\\.[0-9]+") then
      .planned = ($line | capture("^1\\.\\.(?<n>[0-9]+)").n | tonumber)
    elif (.tests | length) > 0 and ($line | test("^(#|\\s+\\S)"))
      and ($line | test("^\\s*(---|\\.\\.\\.)$") | not) then
      .tests[-1].detail |= ([., ($line | sub("^[#\\s]+"; ""))] | map(select(. != "")) | join("; "))
    else . end)
| (.tests | length) as $ran
| .tests + (if .planned != $ran then [{
    name: "the guest checks run to their end",
    ok: false,
    detail: "\($ran) of \(.planned // "an unknown number of") checks were reported"
  }] else [] end)
