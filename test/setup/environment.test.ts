import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { projectEnvironment, writeEnvironment } from "../../ops/setup/environment";
import { cacheFolder } from "../../ops/setup/folders";
import { inTemporaryFolder } from "./support";

const BASE = { HOME: "/home/ann", PATH: "/usr/bin:/bin", LANG: "de_DE.UTF-8" };

describe("project environment", () => {
  it("keeps Pulumi to the project's folder and lets it ask nothing", () => {
    const variables = projectEnvironment("/p", "/cache/bin", BASE);
    assert.equal(variables.PULUMI_HOME, "/p/.ami2box/pulumi-home");
    assert.equal(variables.PULUMI_BACKEND_URL, "file:///p/.ami2box/state");
    assert.equal(variables.PULUMI_CONFIG_PASSPHRASE, "");
    assert.equal(variables.LANG, "de_DE.UTF-8");
  });

  it("puts the CLI first on PATH, once, and administrators' folders last", () => {
    const once = projectEnvironment("/p", "/cache/bin", BASE);
    assert.equal(once.PATH, "/cache/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
    assert.equal(projectEnvironment("/p", "/cache/bin", once).PATH, once.PATH);
  });

  it("hides the user's backend and passphrase file from the private stack", () => {
    const variables = projectEnvironment("/p", "/b", {
      ...BASE,
      PULUMI_BACKEND_URL: "s3://company",
      PULUMI_CONFIG_PASSPHRASE_FILE: "/secret",
    });
    assert.equal(variables.PULUMI_BACKEND_URL, "file:///p/.ami2box/state");
    assert.equal("PULUMI_CONFIG_PASSPHRASE_FILE" in variables, false);
  });

  it("leaves other stacks the user's backend, passphrase and login", () => {
    const own = { PULUMI_BACKEND_URL: "s3://company", PULUMI_CONFIG_PASSPHRASE_FILE: "/secret" };
    const variables = projectEnvironment("/p", "/b", { ...BASE, ...own }, "user");
    assert.equal(variables.PULUMI_BACKEND_URL, "s3://company");
    assert.equal(variables.PULUMI_CONFIG_PASSPHRASE_FILE, "/secret");
    assert.equal("PULUMI_CONFIG_PASSPHRASE" in variables, false);
    assert.equal(variables.PULUMI_HOME, "/p/.ami2box/pulumi-home");
    assert.equal(variables.PULUMI_CREDENTIALS_PATH, "/home/ann/.pulumi");
  });

  it("is the same for a shell that reads .ami2box/env, whatever the path contains", async () => {
    await inTemporaryFolder((folder) => {
      const root = join(folder, "it's a $HOME");
      writeEnvironment(root, "/cache/bin");
      const { stdout } = spawnSync("sh", ["-c", '. "$0"; env -0', join(root, ".ami2box/env")], {
        encoding: "utf8",
        env: { PATH: "/usr/bin:/bin", PULUMI_CONFIG_PASSPHRASE_FILE: "/secret" },
      });
      const got = new Map(
        stdout.split("\0").map((line) => {
          const at = line.indexOf("=");
          return [line.slice(0, at), line.slice(at + 1)] as const;
        }),
      );
      const wanted = projectEnvironment(root, "/cache/bin", {});
      for (const [name, value] of Object.entries(wanted)) {
        if (name !== "PATH") assert.equal(got.get(name), value, name);
      }
      assert.equal(got.get("PATH"), "/cache/bin:/usr/bin:/bin");
      assert.equal(got.has("PULUMI_CONFIG_PASSPHRASE_FILE"), false);
    });
  });

  it("writes .ami2box/env only if it changes", async () => {
    await inTemporaryFolder((folder) => {
      const file = join(folder, ".ami2box/env");
      writeEnvironment(folder, "/one");
      const first = statSync(file).ino;
      writeEnvironment(folder, "/one");
      assert.equal(statSync(file).ino, first);
      writeEnvironment(folder, "/two");
      assert.match(readFileSync(file, "utf8"), /PATH='\/two':"\$PATH"/);
    });
  });
});

describe("cache folder", () => {
  it("follows XDG_CACHE_HOME if that is absolute", () => {
    assert.equal(cacheFolder({ XDG_CACHE_HOME: "/c" }, "/home/ann"), "/c/ami2box");
    assert.equal(cacheFolder({ XDG_CACHE_HOME: "c" }, "/home/ann"), "/home/ann/.cache/ami2box");
    assert.equal(cacheFolder({}, "/home/ann"), "/home/ann/.cache/ami2box");
  });
});
