import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { endRun, newRun, type Run, runParts } from "./harness";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly skipped?: boolean;
}

describe("boot proof: its list of checks", () => {
  let run: Run;

  beforeEach(() => {
    run = newRun();
  });
  afterEach(() => {
    endRun(run);
  });

  function checksOf(lines: string): Check[] {
    const { status, lines: errors } = runParts(run, `${lines}\nchecks_write "$OUT_DIR"`);
    assert.equal(status, 0, errors.join("\n"));
    return JSON.parse(fs.readFileSync(path.join(run.out, "checks.json"), "utf8")) as Check[];
  }

  function fromTap(tap: string): Check[] {
    fs.writeFileSync(path.join(run.root, "tap"), tap);
    return checksOf(`checks_read_tap ${JSON.stringify(path.join(run.root, "tap"))}`);
  }

  it("takes names, verdicts and details from TAP", () => {
    const tap =
      '1..3\nok 1 - sudo works # uid 0\nnot ok 2 - time\r\n# off by "3" s\nok 3 - x # SKIP no x\n';
    assert.deepEqual(fromTap(tap), [
      { name: "sudo works", ok: true, detail: "uid 0" },
      { name: "time", ok: false, detail: 'off by "3" s' },
      { name: "x", ok: true, detail: "SKIP no x", skipped: true },
    ]);
  });

  it("takes a list that ends before its plan says as failed", () => {
    const missing = fromTap("1..3\nok 1 - one\n").filter((check) => !check.ok);
    assert.deepEqual(
      missing.map((check) => check.detail),
      ["1 of 3 checks were reported"],
    );
  });

  it("takes no list at all as failed", () => {
    assert.deepEqual(
      fromTap("").map((check) => check.ok),
      [false],
    );
  });

  it("writes TAP with its own numbers", () => {
    checksOf('check ok "a" "well"; check failed "b"');
    const tap = fs.readFileSync(path.join(run.out, "checks.tap"), "utf8");
    assert.equal(tap, "1..2\nok 1 - a\n# well\nnot ok 2 - b\n");
  });

  const one = `machine-id ${"1".repeat(32)}\nhost-key SHA256:one (ED25519)\nhost-key SHA256:two (RSA)\n`;
  const other = `machine-id ${"2".repeat(32)}\nhost-key SHA256:six (ED25519)\nhost-key SHA256:ten (RSA)\n`;
  const identities: [title: string, a: string, b: string, failed: string[]][] = [
    ["accepts two clones that share nothing", one, other, []],
    [
      "fails clones that share everything",
      one,
      one,
      ["each clone has its own machine-id", "each clone has its own SSH host keys"],
    ],
    [
      "fails clones that share one host key",
      one,
      other.replace("SHA256:ten", "SHA256:two"),
      ["each clone has its own SSH host keys"],
    ],
    [
      "fails clones without a machine-id",
      one.replace(/machine-id .*/, "machine-id "),
      other,
      ["each clone has its own machine-id"],
    ],
    [
      "fails a clone without host keys",
      one,
      other.replace(/host-key .*\n/g, ""),
      ["each clone has its own SSH host keys"],
    ],
    [
      "fails an identity that came with the image",
      one,
      `${other}older-than-boot /etc/ssh/ssh_host_rsa_key\n`,
      ["machine-id and host keys are made at first boot"],
    ],
  ];
  for (const [title, a, b, failed] of identities) {
    it(title, () => {
      fs.writeFileSync(path.join(run.root, "a"), a);
      fs.writeFileSync(path.join(run.root, "b"), b);
      const checks = checksOf('compare_identities "$WORK_DIR/../a" "$WORK_DIR/../b"');
      assert.equal(checks.length, 3);
      assert.deepEqual(
        checks.filter((check) => !check.ok).map((check) => check.name),
        failed,
      );
    });
  }
});
