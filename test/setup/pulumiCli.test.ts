import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  findPulumi,
  obtainPulumi,
  oldestPulumi,
  pulumiOnPath,
  type PulumiSources,
} from "../../ops/setup/pulumiCli";
import { fakeRun, inTemporaryFolder, recordingAnnouncer } from "./support";

function putExecutables(folder: string, names = ["pulumi", "pulumi-language-nodejs"]): void {
  mkdirSync(folder, { recursive: true });
  for (const name of names) writeFileSync(join(folder, name), "", { mode: 0o755 });
}

/** Sources of a machine without Pulumi and without the official downloads. */
function sourcesIn(folder: string, changes: Partial<PulumiSources> = {}): PulumiSources {
  return {
    cache: join(folder, "cache"),
    logFolder: join(folder, "logs"),
    run: fakeRun(),
    findOnPath: () => undefined,
    officialAnswers: () => Promise.resolve(false),
    installOfficial: () => assert.fail("installed the official release"),
    build: () => assert.fail("built"),
    ...changes,
  };
}

const buildInto = (folder: string): Promise<void> =>
  Promise.resolve(putExecutables(join(folder, "bin")));

function withPulumiOnPath(folder: string, version: string, names?: string[]): PulumiSources {
  const bin = join(folder, "bin");
  putExecutables(bin, names);
  return sourcesIn(folder, {
    run: fakeRun(() => ({ stdout: `${version}\n` })),
    findOnPath: (name) => (existsSync(join(bin, name)) ? join(bin, name) : undefined),
  });
}

describe("choice of the Pulumi CLI", () => {
  it("takes pulumi from PATH if it is new enough, and says nothing", async () => {
    await inTemporaryFolder(async (folder) => {
      const announcer = recordingAnnouncer();
      const cli = await obtainPulumi(withPulumiOnPath(folder, oldestPulumi()), announcer);
      assert.deepEqual(cli, {
        folder: join(folder, "bin"),
        origin: "PATH",
        version: oldestPulumi(),
      });
      assert.deepEqual(announcer.lines, []);
    });
  });

  it("passes over one that is too old, broken or without its language host", async () => {
    await inTemporaryFolder(async (folder) => {
      for (const [version, names, problem] of [
        ["v3.100.0", undefined, /is v3\.100\.0, older than/],
        ["", undefined, /is broken, older than/],
        [oldestPulumi(), ["pulumi"], /has no pulumi-language-nodejs/],
      ] as const) {
        const own = join(folder, version || "none");
        const sources = withPulumiOnPath(own, version, names === undefined ? names : [...names]);
        assert.match((await pulumiOnPath(sources))?.problem ?? "", problem);
        const announcer = recordingAnnouncer();
        const cli = await obtainPulumi({ ...sources, build: buildInto }, announcer);
        assert.equal(cli.origin, "built from Go modules");
        assert.match(announcer.lines[0]!, problem);
      }
    });
  });

  it("downloads the official release if that can be reached", async () => {
    await inTemporaryFolder(async (folder) => {
      const sources = sourcesIn(folder, {
        officialAnswers: () => Promise.resolve(true),
        installOfficial: buildInto,
      });
      const cli = await obtainPulumi(sources, recordingAnnouncer());
      assert.equal(cli.origin, "official release");
      assert.deepEqual(await findPulumi(sources), cli);
    });
  });

  it("builds it if the official release cannot be reached or does not install", async () => {
    await inTemporaryFolder(async (folder) => {
      const unreachable = sourcesIn(join(folder, "a"), { build: buildInto });
      const broken = sourcesIn(join(folder, "b"), {
        officialAnswers: () => Promise.resolve(true),
        installOfficial: () => Promise.reject(new Error("checksum mismatch\nmore")),
        build: buildInto,
      });
      for (const sources of [unreachable, broken]) {
        const announcer = recordingAnnouncer();
        const cli = await obtainPulumi(sources, announcer);
        assert.equal(cli.origin, "built from Go modules");
        assert.ok(existsSync(join(cli.folder, "pulumi")));
        const complained = announcer.lines.some((line) => line.endsWith("checksum mismatch"));
        assert.equal(complained, sources === broken);
      }
    });
  });

  it("makes it once if two ask at the same time", async () => {
    await inTemporaryFolder(async (folder) => {
      let builds = 0;
      const sources = sourcesIn(folder, {
        build: async (target) => {
          builds++;
          await new Promise((resolve) => setTimeout(resolve, 100));
          await buildInto(target);
        },
      });
      const ask = (): ReturnType<typeof obtainPulumi> =>
        obtainPulumi(sources, recordingAnnouncer());
      const [one, other] = await Promise.all([ask(), ask()]);
      assert.deepEqual(one, other);
      assert.equal(builds, 1);
    });
  });

  it("never uses a half-made CLI, and clears it away", async () => {
    await inTemporaryFolder(async (folder) => {
      const failing = sourcesIn(folder, {
        build: (target) => {
          putExecutables(join(target, "bin"), ["pulumi"]);
          return Promise.reject(new Error("out of memory"));
        },
      });
      await assert.rejects(obtainPulumi(failing, recordingAnnouncer()), /out of memory/);
      assert.equal(await findPulumi(failing), undefined);

      putExecutables(join(failing.cache, ".unfinished-1/bin"), ["pulumi"]);
      const cli = await obtainPulumi(sourcesIn(folder, { build: buildInto }), recordingAnnouncer());
      assert.deepEqual(readdirSync(failing.cache).sort(), [basename(dirname(cli.folder)), "lock"]);
    });
  });
});
