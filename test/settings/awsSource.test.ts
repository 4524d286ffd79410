import assert from "node:assert/strict";

import type { AccountFacts } from "../../settings/aws/account";
import { checkSettings } from "../../settings/parse";
import type { AwsSettings } from "../../settings/schema";
import { identifyAwsSource } from "../../settings/sourceIdentity";
import { PlanProject } from "./planProject";

type Raw = Record<string, unknown>;

describe("the recipe of a bake", () => {
  let project: PlanProject;

  beforeEach(() => {
    project = new PlanProject();
    project.write("scripts/provision/common.sh", "# common\n");
    project.write("scripts/bake/reboot.sh", "# reboot\n");
  });
  afterEach(() => project.remove());

  function recipe({ source = {}, ...more }: { source?: Raw } & Raw = {}, base = "ami-1"): string {
    const { settings, problems } = checkSettings({
      target: "aws",
      source: { type: "bake", base: { owner: "self", name: "*" }, ...source },
      publish: { bucket: "acme" },
      provisioning: { scripts: ["mine.sh"] },
      ...more,
    });
    assert.deepEqual(problems, []);
    const { source: given, provisioning } = settings as AwsSettings;
    const facts = { source: { type: "bake", base: { id: base } } } as AccountFacts;
    return identifyAwsSource(given, provisioning, facts, project.directory).fingerprint;
  }

  it("stays when nothing of the image changes: type, user, days, worker and place", () => {
    const other = {
      source: { instanceType: "m5.large", sshUser: "root", keepDays: 3, only: true },
      worker: { spot: true },
      publish: { bucket: "other" },
    };
    assert.equal(recipe(other), recipe());
  });

  it("stays when a stage changes that the builder does not run", () => {
    const before = recipe();
    project.write("scripts/stages/box.sh", "# edited\n");
    assert.equal(recipe(), before);
  });

  const changes: [string, () => string][] = [
    ["the base AMI", () => recipe({}, "ami-2")],
    ["the size of the disk", () => recipe({ source: { rootGiB: 20 } })],
    [
      "the shared folders",
      () => recipe({ provisioning: { scripts: ["mine.sh"], guestAdditions: "none" } }),
    ],
    [
      "a reboot between scripts",
      () => recipe({ provisioning: { scripts: [{ reboot: true }, "mine.sh"] } }),
    ],
    ["the user's script", () => (project.write("mine.sh", "edited\n"), recipe())],
    [
      "a provisioning script",
      () => (project.write("scripts/provision/common.sh", "edited\n"), recipe()),
    ],
  ];
  for (const [what, change] of changes) {
    it(`changes with ${what}`, () => {
      const before = recipe();
      assert.notEqual(change(), before);
    });
  }
});
