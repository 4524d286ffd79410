import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { endRun, newRun, type Run, runParts, runStage, writeBox } from "./harness";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

describe("boot proof: who is let in", () => {
  let run: Run;

  beforeEach(() => {
    run = newRun();
  });
  afterEach(() => {
    endRun(run);
  });

  // Stand-ins for ssh: one that is let in, one turned away by the server, one that reaches nobody.
  const logins = `
    let_in() { return 0; }
    turned_away() { echo "vagrant@127.0.0.1: Permission denied (publickey)." >&2; return 255; }
    nobody_there() { echo "ssh: connect to host 127.0.0.1 port 1: Connection refused" >&2; return 255; }`;
  const cases: [title: string, wanted: string, login: string, ok: boolean, detail: RegExp][] = [
    ["accepts a login that is to succeed and does", "in", "let_in", true, /^$/],
    ["fails a login that is to succeed and is refused", "in", "turned_away", false, /denied/],
    ["accepts a login that is to be refused and is", "out", "turned_away", true, /^$/],
    ["fails a login that is to be refused and is not", "out", "let_in", false, /was let in/],
    ["takes no answer at all for no refusal", "out", "nobody_there", false, /Connection refused/],
  ];
  for (const [title, wanted, login, ok, detail] of cases) {
    it(title, () => {
      const { status, lines } = runParts(
        run,
        `${logins}\ncheck_login "x" ${wanted} ${login}\nchecks_write "$OUT_DIR"`,
      );
      assert.equal(status, 0, lines.join("\n"));
      const file = path.join(run.out, "checks.json");
      const [check] = JSON.parse(fs.readFileSync(file, "utf8")) as Check[];
      assert.equal(check?.ok, ok);
      assert.match(check?.detail ?? "", detail);
    });
  }

  it("asks for the keys of a private box, and knows no third kind of access", () => {
    Object.assign(run.env, { ACCESS: "private" });
    writeBox(run);
    assert.match(runStage(run).lines.join(), /AUTHORIZED_KEYS is not set; a private box/);
    Object.assign(run.env, { ACCESS: "open" });
    assert.match(runStage(run).lines.join(), /ACCESS is 'open'; allowed: public, private/);
  });
});
