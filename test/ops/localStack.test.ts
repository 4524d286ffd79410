import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { parse } from "yaml";

import { readLocalSettings, writeRunSettings } from "../../ops/localStack";

describe("the settings of the local stack", () => {
  let root: string;
  const file = (): string => path.join(root, "Pulumi.local.yaml");
  const stackFile = `# A note.
config:
  ami2box:target: local
  ami2box:source:
    type: debian
    suite: bookworm
  other:region: here
encryptionsalt: v1:salt
`;

  beforeEach(() => {
    root = fs.mkdtempSync(path.join(tmpdir(), "ami2box-stack-"));
    fs.writeFileSync(file(), stackFile);
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  it("are what the stack's file has under ami2box:", () => {
    assert.deepEqual(readLocalSettings(root), {
      target: "local",
      source: { type: "debian", suite: "bookworm" },
    });
  });

  it("are none in a file without configuration", () => {
    for (const text of ["encryptionsalt: v1:salt\n", "config:\n", "config: {}\n"]) {
      fs.writeFileSync(file(), text);
      assert.deepEqual(readLocalSettings(root), {}, text);
    }
  });

  it("are written for one run beside the private state, and leave the project's file alone", () => {
    const written = writeRunSettings(root, { target: "local", box: { version: "1.0" } });
    assert.equal(written, path.join(root, ".ami2box/Pulumi.local.yaml"));
    assert.deepEqual(parse(fs.readFileSync(written, "utf8")), {
      config: {
        "other:region": "here",
        "ami2box:target": "local",
        "ami2box:box": { version: "1.0" },
      },
      encryptionsalt: "v1:salt",
    });
    assert.equal(fs.readFileSync(file(), "utf8"), stackFile);
  });

  it("keep a version that looks like a number as text", () => {
    const written = writeRunSettings(root, { box: { version: "1.0", name: "12" } });
    const { config } = parse(fs.readFileSync(written, "utf8")) as { config: object };
    assert.deepEqual(config, {
      "other:region": "here",
      "ami2box:box": { version: "1.0", name: "12" },
    });
  });
});
