import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { withLock } from "../../ops/setup/lock";
import { inTemporaryFolder } from "./support";

const nothing = (): void => undefined;
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("lock", () => {
  it("lets one at a time through, and tells the one that waits", async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "deep/lock");
      const events: string[] = [];
      const work = (name: string): Promise<string> =>
        withLock(
          file,
          () => events.push("waits"),
          async () => {
            events.push(`${name} begins`);
            await pause(150);
            events.push(`${name} ends`);
            return name;
          },
          20,
        );
      const first = work("first");
      while (!events.includes("first begins")) await pause(5);
      assert.deepEqual(await Promise.all([first, work("second")]), ["first", "second"]);
      assert.deepEqual(events, [
        "first begins",
        "waits",
        "first ends",
        "second begins",
        "second ends",
      ]);
    });
  });

  it("is released when the work fails", async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "lock");
      const failing = withLock(file, nothing, () => Promise.reject(new Error("no luck")));
      await assert.rejects(failing, /no luck/);
      assert.equal(await withLock(file, nothing, () => Promise.resolve("free")), "free");
    });
  });

  it("is released when its holder is killed", async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "lock");
      const holder = spawn(
        process.execPath,
        ["-r", "ts-node/register/transpile-only", join(__dirname, "holdLock.ts"), file],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      await once(holder.stdout, "data");
      holder.kill("SIGKILL");
      assert.equal(await withLock(file, nothing, () => Promise.resolve("free")), "free");
    });
  });

  it("names the file that cannot be locked", async () => {
    await assert.rejects(
      withLock("/proc/self/lock", nothing, () => Promise.resolve()),
      /Cannot lock \/proc\/self\/lock: /,
    );
  });
});
