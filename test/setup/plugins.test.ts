import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ensurePlugins,
  installedPlugins,
  localPlugins,
  pluginKind,
  pluginsFor,
} from "../../ops/setup/plugins";
import { pluginFolder, type StandInName } from "../../providers/install";
import { fakeRun, inTemporaryFolder, recordingAnnouncer, type Call } from "./support";

function putStandIn(name: StandInName, home: string): ReturnType<typeof fakeStandIn> {
  const folder = pluginFolder(name, home);
  const outcome = existsSync(folder) ? "unchanged" : "installed";
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "stand-in.json"), "{}");
  return Promise.resolve({ folder, outcome });
}

const fakeStandIn = (
  name: StandInName,
  home: string,
): Promise<{ folder: string; outcome: "installed" | "unchanged" }> => putStandIn(name, home);

/** Does what `pulumi plugin install resource NAME VERSION` does. */
function download({ args, options }: Call): object {
  const [, , , name, version] = args;
  const home = options.env?.PULUMI_HOME ?? "";
  mkdirSync(join(home, "plugins", `resource-${name}-v${version}`), { recursive: true });
  return {};
}

const kinds = (home: string): string[] =>
  installedPlugins(localPlugins, home).map((plugin) => plugin.kind);

describe("provider plugins", () => {
  const variables = { PATH: "/cli:/usr/bin" };

  it("are those of AWS for tests only, so that a first box does not wait for them", () => {
    assert.deepEqual(pluginsFor("test"), ["aws", "command", "random", "tls"]);
    assert.deepEqual(pluginsFor("box"), ["command", "random"]);
  });

  it("are downloaded into the private home with the CLI in use", async () => {
    await inTemporaryFolder(async (home) => {
      const run = fakeRun(download);
      const announcer = recordingAnnouncer();
      const effects = {
        run,
        installStandIn: () => assert.fail("stand-in"),
        officialAnswers: () => Promise.resolve(true),
      };
      await ensurePlugins(localPlugins, home, variables, announcer, effects);
      assert.deepEqual(kinds(home), ["official", "official"]);
      assert.equal(run.calls[0]?.command, "/cli/pulumi");
      assert.match(announcer.lines.join(), /plugins ready .*command .*random/);
      await ensurePlugins(localPlugins, home, variables, announcer, effects);
      assert.equal(run.calls.length, localPlugins.length);
      assert.deepEqual(readdirSync(home), ["plugins"]);
    });
  });

  it("are stand-ins where the official ones cannot be had, said in one line once", async () => {
    await inTemporaryFolder(async (home) => {
      const announcer = recordingAnnouncer();
      const effects = {
        run: fakeRun(),
        installStandIn: fakeStandIn,
        officialAnswers: () => Promise.resolve(false),
      };
      await ensurePlugins(localPlugins, home, variables, announcer, effects);
      await ensurePlugins(localPlugins, home, variables, announcer, effects);
      assert.deepEqual(kinds(home), ["stand-in", "stand-in"]);
      assert.equal(announcer.lines.length, 1);
      assert.match(announcer.lines[0]!, /our stand-ins for command .* and random .*cannot be down/);
      assert.deepEqual(effects.run.calls, []);
    });
  });

  it("replace their stand-ins once they can be had", async () => {
    await inTemporaryFolder(async (home) => {
      for (const name of localPlugins) await putStandIn(name, home);
      await ensurePlugins(localPlugins, home, variables, recordingAnnouncer(), {
        run: fakeRun(download),
        installStandIn: () => assert.fail("stand-in"),
        officialAnswers: () => Promise.resolve(true),
      });
      assert.deepEqual(kinds(home), ["official", "official"]);
    });
  });

  it("leave a stand-in in place if the download fails", async () => {
    await inTemporaryFolder(async (home) => {
      await putStandIn("command", home);
      const announcer = recordingAnnouncer();
      await ensurePlugins(localPlugins, home, variables, announcer, {
        run: fakeRun(() => ({ code: 255, output: "error: 503 from the server" })),
        installStandIn: fakeStandIn,
        officialAnswers: () => Promise.resolve(true),
      });
      assert.deepEqual(kinds(home), ["stand-in", "stand-in"]);
      assert.match(announcer.lines.join(), /stand-ins for random .*503 from the server/);
    });
  });

  it("do not count while their download is unfinished", async () => {
    await inTemporaryFolder((home) => {
      const folder = pluginFolder("command", home);
      mkdirSync(folder, { recursive: true });
      assert.equal(pluginKind(folder), "official");
      writeFileSync(`${folder}.partial`, "");
      assert.equal(pluginKind(folder), "none");
    });
  });
});
