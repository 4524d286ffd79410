import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { stagesOf } from "../../ops/box/stageOrder";
import { summary, type BoxPlan } from "../../ops/box/summary";
import { vagrantCommands } from "../../ops/vagrantCommands";
import { checkSettings } from "../../settings/parse";
import type { Plan } from "../../settings/plan";

describe("summary", () => {
  let root: string;

  beforeEach(() => {
    root = fs.mkdtempSync(path.join(tmpdir(), "ami2box summary-"));
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  function planIn(publishDirectory: string): BoxPlan {
    const version = path.join(publishDirectory, "acme/demo/1.0.0");
    fs.mkdirSync(version, { recursive: true });
    fs.writeFileSync(path.join(version, "virtualbox-amd64.box"), Buffer.alloc(2_600_000));
    return {
      boxName: "acme/demo",
      version: "1.0.0",
      publish: { directory: publishDirectory },
      boxes: [{ provider: "virtualbox", architecture: "amd64" }],
      authorizedKeys: "",
    } as unknown as BoxPlan;
  }

  it("tells where the box and its report are, from the project on, and the three commands", () => {
    const plan = planIn(path.join(root, "out"));
    assert.equal(
      summary(root, plan, "made in 93 s"),
      [
        "",
        "acme/demo 1.0.0: made in 93 s",
        "  box     out/acme/demo/1.0.0/virtualbox-amd64.box  (3 MB)",
        "  report  out/acme/demo/1.0.0/report.html",
        "",
        "Use it, in any folder:",
        `  vagrant box add '${root}/out/acme/demo/catalog.json'`,
        "  vagrant init acme/demo",
        "  vagrant up",
        "",
      ].join("\n"),
    );
  });

  it("says what the user of a private box has to do before it starts", () => {
    const plan = { ...planIn(path.join(root, "out")), authorizedKeys: "ssh-ed25519 AAAA" };
    assert.match(
      summary(root, plan, "made"),
      /vagrant up\n\nThe box is private\. .*\n {2}config\.ssh\.private_key_path = "~\/\.ssh\/id_ed25519"\n$/,
    );
  });

  it("shows whole paths where the boxes are kept outside the project", () => {
    const project = path.join(root, "project");
    const text = summary(project, planIn(path.join(root, "boxes")), "made");
    assert.ok(text.includes(`  box     ${root}/boxes/acme/demo/1.0.0/virtualbox-amd64.box`));
  });
});

describe("vagrantCommands", () => {
  it("are three, ready to be pasted, for the newest version or a certain one", () => {
    const box = { catalog: "/srv/demo/catalog.json", name: "demo" };
    assert.deepEqual(vagrantCommands(box), [
      "vagrant box add /srv/demo/catalog.json",
      "vagrant init demo",
      "vagrant up",
    ]);
    assert.deepEqual(vagrantCommands({ ...box, version: "1.0.0-rc.1" }), [
      "vagrant box add /srv/demo/catalog.json --box-version 1.0.0-rc.1",
      "vagrant init demo --box-version 1.0.0-rc.1",
      "vagrant up",
    ]);
  });

  it("reach Vagrant as they are meant, through a real shell", () => {
    for (const catalog of ["/srv/my boxes/it's $HOME/catalog.json", "/a;b/c.json", "/ä/c.json"]) {
      const [add = ""] = vagrantCommands({ catalog, name: "demo" });
      const script = `vagrant() { printf '%s\\0' "$@"; }; ${add}`;
      const words = execFileSync("sh", ["-c", script], { encoding: "utf8" });
      assert.deepEqual(words.split("\0"), ["box", "add", catalog, ""]);
    }
  });
});

describe("stagesOf", () => {
  const planOf = (source: string, bootProof: boolean): Plan =>
    ({
      source: { type: source },
      settings: checkSettings({ box: { bootProof } }).settings,
    }) as Plan;

  it("has every stage for a Debian box", () => {
    assert.deepEqual(stagesOf(planOf("debian", true)), [
      "preflight",
      "bootstrap",
      "provision",
      "raw-disk",
      "box",
      "boot-proof",
      "publish",
    ]);
  });

  it("installs nothing for an image and boots nothing when told not to", () => {
    assert.deepEqual(stagesOf(planOf("image", false)), [
      "preflight",
      "provision",
      "raw-disk",
      "box",
      "publish",
    ]);
  });
});
