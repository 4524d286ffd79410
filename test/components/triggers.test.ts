import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { RecordedStack } from "./recordedStack";
import { chain, declareDebianBox, makeSampleProject } from "./sampleProgram";

/** Which stage's script runs behind each command. */
const scripts: Readonly<Record<(typeof chain)[number], string>> = {
  "preflight-checks": "preflight",
  "source-bootstrap": "bootstrap",
  "box-provision": "provision",
  "box-raw-disk": "raw-disk",
  "box-box": "box",
  "box-boot-proof": "boot-proof",
  "box-publish": "publish",
};

describe("triggers", () => {
  let project: string;
  let original: Record<string, unknown>;

  before(async () => {
    project = makeSampleProject();
    original = await triggers();
  });

  after(() => fs.rmSync(project, { recursive: true, force: true }));

  async function triggers(): Promise<Record<string, unknown>> {
    const stack = await RecordedStack.of(() => declareDebianBox(project));
    return Object.fromEntries(chain.map((name) => [name, stack.get(name).inputs["triggers"]]));
  }

  /** The commands whose triggers an edit changes. */
  async function changedBy(file: string, edit: (text: string) => string): Promise<string[]> {
    const full = path.join(project, file);
    const text = fs.readFileSync(full, "utf8");
    fs.writeFileSync(full, edit(text));
    try {
      const now = await triggers();
      return chain.filter((name) => JSON.stringify(now[name]) !== JSON.stringify(original[name]));
    } finally {
      fs.writeFileSync(full, text);
    }
  }

  const comment = (text: string): string => `${text}# An edit.\n`;

  for (const name of chain) {
    const file = `scripts/stages/${scripts[name]}.sh`;
    it(`of ${name} change with ${file}, and those of no other stage do`, async () => {
      assert.deepEqual(await changedBy(file, comment), [name]);
    });
  }

  it("of every stage change with what all stages share", async () => {
    assert.deepEqual(await changedBy("scripts/lib/stage.sh", comment), [...chain]);
  });

  const tools = [
    ["formats/cli/disk.ts", "box-raw-disk"],
    ["formats/cli/box.ts", "box-box"],
    ["ops/publish/cli.ts", "box-publish"],
  ] as const;
  for (const [file, name] of tools) {
    it(`of ${name} change with its program, and those of no other stage do`, async () => {
      const edit = (text: string): string => text.replace("log", "error");
      assert.deepEqual(await changedBy(file, edit), [name]);
    });
  }

  it("stay as they are while nothing is edited", async () => {
    assert.deepEqual(await triggers(), original);
  });
});
