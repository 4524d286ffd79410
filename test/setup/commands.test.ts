import assert from "node:assert/strict";
import { findOnPath, lastLines, rootPrefix, run } from "../../ops/setup/commands";
import { announceOn, formatDuration } from "../../ops/setup/log";

describe("running commands", () => {
  it("gives status, standard output and every line as it comes", async () => {
    const lines: string[] = [];
    const result = await run("sh", ["-c", "echo one; echo two >&2; printf three; exit 4"], {
      onLine: (line) => lines.push(line),
    });
    assert.equal(result.code, 4);
    assert.equal(result.stdout, "one\nthree");
    assert.deepEqual(lines.join("").split("").sort(), "onetwothree".split("").sort());
  });

  it("reports a command that does not exist and one whose time is up", async () => {
    assert.equal((await run("/nonexistent/command", [])).code, 127);
    assert.equal((await run("sleep", ["20"], { timeout: 50 })).code, 124);
  });

  it("finds executable files only", () => {
    assert.equal(findOnPath("sh", "/nonexistent:/bin"), "/bin/sh");
    assert.equal(findOnPath("passwd", "/etc"), undefined);
    assert.equal(findOnPath("init.d", "/etc"), undefined);
  });

  it("asks sudo for root without a prompt, and not at all as root", () => {
    assert.deepEqual(rootPrefix(0), []);
    assert.deepEqual(rootPrefix(1000), ["sudo", "-n"]);
  });

  it("shows the last lines of a long output", () => {
    assert.equal(lastLines("a\nb\nc\n", 2), "    b\n    c");
  });
});

describe("announcements", () => {
  function record(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
    let text = "";
    const stream = { isTTY, columns: 80, write: (part: string) => ((text += part), true) };
    return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
  }

  it("show progress in place on a terminal and clear it for the next line", () => {
    const { stream, text } = record(true);
    const announcer = announceOn(stream);
    announcer.progress("half");
    announcer.line("done");
    assert.equal(text(), "half\r\x1b[Kdone\n");
  });

  it("keep quick progress out of a file", () => {
    const { stream, text } = record(false);
    const announcer = announceOn(stream);
    announcer.progress("half");
    announcer.line("done");
    assert.equal(text(), "done\n");
  });

  it("give durations that people read", () => {
    assert.equal(formatDuration(4_200), "4 s");
    assert.equal(formatDuration(185_000), "3 min 05 s");
  });
});
