import assert from "node:assert/strict";
import { formatTable, summary, type Check } from "../../ops/doctor/check";
import { checkFreeSpace, checkKvm, checkLoopDevices } from "../../ops/doctor/kernelChecks";
import { checkPulumi, checkTools } from "../../ops/doctor/toolChecks";
import { SYSTEM_TOOLS } from "../../ops/setup/systemTools";
import { readdirSync } from "node:fs";
import { fakeRun, inTemporaryFolder } from "./support";

describe("doctor", () => {
  it("lines up its table, each remedy below its row", () => {
    const checks: Check[] = [
      { name: "Node.js", status: "ok", found: "20.0.0" },
      { name: "loop devices", status: "problem", found: "refused", remedy: "modprobe loop" },
    ];
    assert.equal(
      formatTable(checks),
      [
        "ok       Node.js       20.0.0",
        "MISSING  loop devices  refused",
        "                       -> modprobe loop",
      ].join("\n"),
    );
    assert.match(summary(checks), /^1 thing to mend/);
    assert.match(summary(checks.slice(0, 1)), /^Everything/);
  });

  it("names every missing tool with its package, as a problem only if nothing installs it", () => {
    const present = (name: string): boolean => name === "apt-get";
    const checks = checkTools(present);
    assert.equal(checks.length, SYSTEM_TOOLS.length);
    assert.ok(checks.every((check) => check.status === "note"));
    assert.match(checks[0]!.remedy!, /npm run box installs it, or: apt-get install mmdebstrap/);
    assert.ok(checkTools(() => false).every((check) => check.status === "problem"));
    assert.equal(checkTools(() => true).length, 1);
  });

  it("asks about Go only if the Pulumi CLI is still to be built", async () => {
    await inTemporaryFolder(async (cache) => {
      const sources = { cache, run: fakeRun(), findOnPath: () => undefined };
      const names = (await checkPulumi(sources)).map((check) => check.name);
      assert.deepEqual(names, ["Pulumi CLI", "Go"]);
    });
  });

  it("reports the kernel's own words if no loop device can be had, and leaves nothing", async () => {
    await inTemporaryFolder(async (folder) => {
      const run = fakeRun(() => ({ code: 1, output: "losetup: cannot find an unused device" }));
      const check = await checkLoopDevices(folder, run);
      assert.equal(check.status, "problem");
      assert.match(check.found, /cannot find an unused device/);
      assert.deepEqual(readdirSync(folder), []);
    });
  });

  it("detaches the loop device that it attached", async () => {
    await inTemporaryFolder(async (folder) => {
      const run = fakeRun(() => ({ stdout: "/dev/loop7\n" }));
      assert.equal((await checkLoopDevices(folder, run)).status, "ok");
      assert.ok(run.calls.at(-1)?.args.join(" ").endsWith("/dev/loop7"));
    });
  });

  it("takes a missing KVM for no problem", () => {
    assert.equal(checkKvm("/nonexistent/kvm").status, "note");
  });

  it("measures the free space of the work folder", () => {
    assert.match(checkFreeSpace("/").found, /^\d+ GB free in \/$/);
  });
});
