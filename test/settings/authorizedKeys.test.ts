import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { readAuthorizedKeys } from "../../settings/authorizedKeys";
import { PlanProject } from "./planProject";
import { problemsOf } from "./problemsOf";

const insecure = fs.readFileSync("scripts/provision/files/vagrant-insecure-ed25519.pub", "utf8");

describe("keys of a private box", () => {
  let project: PlanProject;
  let publicKey: string;

  beforeEach(() => {
    project = new PlanProject();
    const file = path.join(project.directory, "id");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "owner", "-f", file]);
    publicKey = fs.readFileSync(`${file}.pub`, "utf8").trim();
  });
  afterEach(() => project.remove());

  it("are taken without comments and empty lines, in any kind OpenSSH makes", () => {
    for (const kind of ["rsa", "ecdsa"]) {
      const file = path.join(project.directory, kind);
      execFileSync("ssh-keygen", ["-q", "-t", kind, "-N", "", "-f", file]);
    }
    const others = ["rsa", "ecdsa"].map((kind) =>
      fs.readFileSync(path.join(project.directory, `${kind}.pub`), "utf8").trim(),
    );
    project.write("keys", ["# mine", "", publicKey, ...others].join("\r\n"));
    assert.deepEqual(readAuthorizedKeys("keys", project.directory), {
      text: [publicKey, ...others].join("\n"),
      problems: [],
    });
  });

  it("are in the plan, and part of the recipe", async () => {
    const box = { access: "private", authorizedKeys: "id.pub" };
    const plan = await project.plan({ box });
    assert.equal(plan.authorizedKeys, publicKey);
    project.write("id.pub", publicKey.replace("owner", "somebody"));
    assert.notEqual((await project.plan({ box })).recipe, plan.recipe);
    assert.equal((await project.plan()).authorizedKeys, "");
  });

  it("are needed for a private box, and refused for a public one", async () => {
    assert.deepEqual(await problemsOf(project.plan({ box: { access: "private" } })), [
      "box.authorizedKeys: is missing; a private box needs the path of a file with its owner's public keys",
    ]);
    assert.match(
      (await problemsOf(project.plan({ box: { authorizedKeys: "id.pub" } }))).join(),
      /box\.authorizedKeys: .* a public box has Vagrant's own keys/,
    );
  });

  const refusals: [title: string, content: () => string, reason: RegExp][] = [
    ["a file without any", () => "# none\n", /keys holds no key; give a file of public keys/],
    [
      "a private key",
      () => fs.readFileSync(path.join(project.directory, "id"), "utf8"),
      /^.*keys is a private key; give a file of public keys such as id_ed25519\.pub$/,
    ],
    [
      "a key with options",
      () => `command="date" ${publicKey}`,
      /key 1, is no public key without options/,
    ],
    [
      "a damaged key",
      () => publicKey.replace("AAAAC3", "AAAAC4"),
      /key 1, is no public key without options; allowed: ssh-ed25519, ssh-rsa/,
    ],
    [
      "Vagrant's insecure key among others",
      () => `${publicKey}\n${insecure}`,
      /key 2, is one of Vagrant's insecure keys, which everybody has/,
    ],
  ];
  for (const [title, content, reason] of refusals) {
    it(`are refused when they are ${title}, without repeating what is in the file`, () => {
      project.write("keys", content());
      const { problems } = readAuthorizedKeys("keys", project.directory);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? "", reason);
      assert.doesNotMatch(problems[0] ?? "", /AAAA|BEGIN/);
    });
  }

  it("are refused when there is no such file", () => {
    assert.match(
      readAuthorizedKeys("nowhere", project.directory).problems.join(),
      /nowhere is not a file; give a file of public keys/,
    );
  });
});
