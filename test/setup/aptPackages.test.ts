import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installTools, QUIET_APT_SCRIPT } from "../../ops/setup/aptPackages";
import type { SystemTool } from "../../ops/setup/systemTools";
import { fakeRun, inTemporaryFolder, recordingAnnouncer } from "./support";

const tool = (lookFor: string, packageName: string): SystemTool => ({
  lookFor,
  package: packageName,
  why: "is needed by this test",
  neededFor: ["box"],
});
const TOOLS = [tool("jq", "jq"), tool("qemu-img", "qemu-utils"), tool("qemu-nbd", "qemu-utils")];

const verbOf = (args: readonly string[]): string =>
  args.find((arg) => arg === "install" || arg === "update") ?? "";

describe("installation of system tools", () => {
  it("does and says nothing if all are there", async () => {
    const run = fakeRun();
    const announcer = recordingAnnouncer();
    await installTools(TOOLS, announcer, "/nonexistent", {
      run,
      isPresent: () => true,
      listsExist: () => true,
    });
    assert.deepEqual(run.calls, []);
    assert.deepEqual(announcer.lines, []);
  });

  it("installs the missing packages in one call, each once, and asks nothing", async () => {
    await inTemporaryFolder(async (folder) => {
      const installed = new Set(["jq"]);
      const run = fakeRun(() => {
        installed.add("qemu-img").add("qemu-nbd");
        return {};
      });
      const announcer = recordingAnnouncer();
      await installTools(TOOLS, announcer, folder, {
        run,
        isPresent: (name) => installed.has(name),
        listsExist: () => true,
      });
      const [call, ...others] = run.calls;
      assert.deepEqual(others, []);
      const words = [call!.command, ...call!.args];
      assert.deepEqual(words.slice(words.indexOf("install")), [
        "install",
        "--no-install-recommends",
        "--",
        "qemu-utils",
      ]);
      assert.ok(words.includes("DEBIAN_FRONTEND=noninteractive"));
      assert.ok(words.includes("DPkg::Lock::Timeout=120"));
      assert.match(announcer.lines[0]!, /installing 1 system package: qemu-utils/);
    });
  });

  it("fetches package lists first if there are none, and again if they are stale", async () => {
    await inTemporaryFolder(async (folder) => {
      for (const listsExist of [false, true]) {
        let updated = false;
        const run = fakeRun(({ args }) => {
          if (verbOf(args) === "update") updated = true;
          return { code: updated ? 0 : 100 };
        });
        await installTools(TOOLS, recordingAnnouncer(), folder, {
          run,
          isPresent: () => updated,
          listsExist: () => listsExist,
        });
        const verbs = run.calls.map((call) => verbOf(call.args));
        assert.deepEqual(
          verbs,
          listsExist ? ["install", "update", "install"] : ["update", "install"],
        );
      }
    });
  });

  it("reports apt's last lines and the remedy, and keeps all of its output", async () => {
    await inTemporaryFolder(async (folder) => {
      const run = fakeRun(() => ({ code: 100, output: "E: Unable to locate package qemu-utils" }));
      await assert.rejects(
        installTools(TOOLS, recordingAnnouncer(), folder, {
          run,
          isPresent: () => false,
          listsExist: () => true,
        }),
        /could not install jq, qemu-utils .*apt-get install jq qemu-utils\n.*Unable to locate/s,
      );
      assert.match(readFileSync(join(folder, "apt.log"), "utf8"), /Unable to locate/);
    });
  });

  it("refuses a package that does not bring its tool", async () => {
    await inTemporaryFolder(async (folder) => {
      await assert.rejects(
        installTools(TOOLS, recordingAnnouncer(), folder, {
          run: fakeRun(),
          isPresent: (name) => name === "jq",
          listsExist: () => true,
        }),
        /still missing: qemu-img \(package qemu-utils\), qemu-nbd/,
      );
    });
  });
});

describe("ban on starting services", () => {
  /** Runs the script with an apt-get and a policy file of our own. */
  function runScript(folder: string, aptGet: string): { status: number | null; policy: string } {
    const policy = join(folder, "policy-rc.d");
    writeFileSync(join(folder, "apt-get"), `#!/bin/sh\n${aptGet}\n`);
    chmodSync(join(folder, "apt-get"), 0o755);
    const script = QUIET_APT_SCRIPT.replace("/usr/sbin/policy-rc.d", policy);
    const { status } = spawnSync("sh", ["-c", script, "apt-get", "install"], {
      env: { PATH: `${folder}:${process.env.PATH}`, POLICY: policy },
    });
    return { status, policy };
  }

  it("holds while apt runs and is gone afterwards, with apt's exit status", async () => {
    await inTemporaryFolder((folder) => {
      const { status, policy } = runScript(
        folder,
        `"$POLICY" ssh start; [ $? = 101 ] || exit 3; exit 7`,
      );
      assert.equal(status, 7);
      assert.equal(existsSync(policy), false);
    });
  });

  it("loses its effect if it is left behind by a kill", async () => {
    await inTemporaryFolder((folder) => {
      const { status, policy } = runScript(folder, `kill -9 $PPID; sleep 0.1`);
      assert.equal(status, null);
      assert.equal(existsSync(policy), true);
      assert.equal(spawnSync(policy, ["ssh", "start"]).status, 0);
    });
  });

  it("leaves a policy of the administrator's as it is", async () => {
    await inTemporaryFolder((folder) => {
      writeFileSync(join(folder, "policy-rc.d"), "#!/bin/sh\nexit 104\n");
      const { status, policy } = runScript(folder, "exit 0");
      assert.equal(status, 0);
      assert.equal(readFileSync(policy, "utf8"), "#!/bin/sh\nexit 104\n");
    });
  });
});
