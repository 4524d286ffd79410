import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import fc from "fast-check";

import { parseStageResult, shellQuote, stageCommand } from "../../components/stageCommand";
import { stages } from "../../components/stages";

/** Everything a command line can carry: no NUL, no half of a surrogate pair. */
const text = fc.string({ unit: "binary", maxLength: 40 }).filter((value) => !value.includes("\0"));
const awkward = fc.string({
  unit: fc.constantFrom("'", '"', "\\", "$", "`", "\n", " ", ";", "*", "~", "é", "箱", "🗃", "a"),
  maxLength: 20,
});

describe("stageCommand", () => {
  /** Runs the assignments of a command line, in front of a program that shows what it got. */
  function assignedBySh(variables: Record<string, string>): Record<string, string> {
    const line = stageCommand("scripts", stages.box, variables);
    const assignments = line.slice(0, line.lastIndexOf(" bash 'scripts/run-stage.sh'"));
    const names = Object.keys(variables).join(" ");
    const show = `for name in ${names}; do printf '%s=%s\\0' "$name" "\${!name}"; done`;
    const shown = execFileSync("sh", ["-c", `${assignments} bash -c ${shellQuote(show)}`], {
      encoding: "utf8",
    });
    return Object.fromEntries(
      shown
        .split("\0")
        .slice(0, -1)
        .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
    );
  }

  it("hands any text to the stage unchanged, through a real shell", () => {
    fc.assert(
      fc.property(text, awkward, (A_TEXT, AN_AWKWARD_1) => {
        const variables = { A_TEXT, AN_AWKWARD_1 };
        assert.deepEqual(assignedBySh(variables), variables);
      }),
      { numRuns: 60 },
    );
  });

  it("names the stage's runner, the stage and its time limit, in this order", () => {
    assert.equal(
      stageCommand("/srv/it's here", stages["boot-proof"], { BOX: "a b" }),
      `BOX='a b' bash '/srv/it'\\''s here/run-stage.sh' boot-proof 1800`,
    );
  });

  it("refuses a variable's name that the shell would take for something else", () => {
    for (const name of ["lower", "A-B", "A B", "1A", "", "A=B;rm", "Ä"]) {
      assert.throws(
        () => stageCommand("scripts", stages.box, { [name]: "x" }),
        /is no name for a stage's variable; allowed: A-Z, 0-9 and _/,
        name,
      );
    }
  });
});

describe("parseStageResult", () => {
  const line = { stage: "box", seconds: 1, path: "/b", inputBytes: 1, outputBytes: 2, sha256: "x" };

  it("reads the line of its stage, with the facts of its own", () => {
    assert.deepEqual(parseStageResult("box", `${JSON.stringify({ ...line, extra: [1] })}\n`), {
      ...line,
      extra: [1],
    });
  });

  const refused: [string, string][] = [
    ["nothing", ""],
    ["chatter", "Reading package lists..."],
    ["half a line", '{"stage":"box","seconds":'],
    ["two lines", `${JSON.stringify(line)}\n${JSON.stringify(line)}`],
    ["another stage's line", JSON.stringify({ ...line, stage: "raw-disk" })],
    ["a bare null", "null"],
    ["a list", "[]"],
  ];
  for (const [what, stdout] of refused) {
    it(`refuses ${what}, showing what was printed`, () => {
      assert.throws(
        () => parseStageResult("box", stdout),
        ({ message }: Error) =>
          message.startsWith("stage box printed ") &&
          message.includes(JSON.stringify(stdout.slice(0, 200))) &&
          message.endsWith("where its one line of JSON was expected"),
      );
    });
  }

  it("shows no more than the first 200 characters of a flood", () => {
    assert.throws(
      () => parseStageResult("box", "x".repeat(100_000)),
      ({ message }: Error) => message.length < 300,
    );
  });
});
