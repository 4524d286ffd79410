import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { obtainGo, type GoEffects } from "../../ops/setup/goToolchain";
import { buildPulumi } from "../../ops/setup/pulumiBuild";
import { pulumiPrograms, readGoMod } from "../../ops/setup/pulumiModules";
import { isAtLeast } from "../../ops/setup/versions";
import { fakeRun, inTemporaryFolder, recordingAnnouncer, type Call } from "./support";

const argumentAfter = (call: Call, name: string): string =>
  call.args[call.args.indexOf(name) + 1] ?? "";

describe("go.mod files of the Pulumi programs", () => {
  it("name a release and a Go version each", () => {
    const [cli, host] = pulumiPrograms();
    assert.match(cli.version, /^v3\.\d+\.\d+$/);
    assert.match(host.version, /^v3\.\d+\.\d+$/);
    assert.ok(isAtLeast(cli.goVersion, "1.25"));
  });

  it("are read with the requirement alone on a line or in a block", () => {
    const module = "example.com/a/v3";
    const wanted = { version: "v3.1.0", goVersion: "1.25" };
    assert.deepEqual(readGoMod(`go 1.25\n\nrequire ${module} v3.1.0\n`, module), wanted);
    const block = `go 1.25\n\nrequire (\n\tb v1\n\t${module} v3.1.0\n)\n`;
    assert.deepEqual(readGoMod(block, module), wanted);
    assert.throws(() => readGoMod("go 1.25\n", module), /does not require example/);
  });
});

describe("build of the Pulumi CLI", () => {
  const goOfPath = { command: "/usr/bin/go", variables: { GOTOOLCHAIN: "local" } };

  it("builds both programs without cgo, the release number linked in", async () => {
    await inTemporaryFolder(async (folder) => {
      const run = fakeRun(({ args }) =>
        args[0] === "list" ? { stdout: "a\nb\n" } : { output: "a\nb\n" },
      );
      const announcer = recordingAnnouncer();
      const target = join(folder, "new");
      await buildPulumi(target, join(folder, "go"), announcer, folder, {
        run,
        obtainGo: () => Promise.resolve(goOfPath),
      });
      const builds = run.calls.filter((call) => call.args[0] === "build");
      assert.deepEqual(
        builds.map((call) => argumentAfter(call, "-o")),
        [join(target, "bin/pulumi"), join(target, "bin/pulumi-language-nodejs")],
      );
      for (const [index, program] of pulumiPrograms().entries()) {
        const { args, options } = builds[index]!;
        assert.ok(args.includes(program.mainPackage));
        assert.ok(argumentAfter(builds[index]!, "-ldflags").endsWith(`=${program.version}`));
        assert.equal(options.cwd, program.folder);
        assert.equal(options.env?.CGO_ENABLED, "0");
      }
      assert.match(announcer.steps.at(-1)!, /pulumi-language-nodejs: 2 of 2 packages compiled/);
    });
  });

  it("says which step failed, with the last lines and the remedy", async () => {
    await inTemporaryFolder(async (folder) => {
      for (const [verb, step] of [
        ["list", "download"],
        ["build", "build"],
      ] as const) {
        const run = fakeRun(({ args }) =>
          args[0] === verb ? { code: 1, output: "dial tcp: no such host" } : {},
        );
        await assert.rejects(
          buildPulumi(join(folder, "new"), join(folder, "go"), recordingAnnouncer(), folder, {
            run,
            obtainGo: () => Promise.resolve(goOfPath),
          }),
          new RegExp(`Could not ${step} pulumi v3.*install Pulumi yourself.*no such host`, "s"),
        );
      }
    });
  });

  it("keeps a fetched Go after a failure and removes it after success", async () => {
    await inTemporaryFolder(async (folder) => {
      const goFolder = join(folder, "go");
      mkdirSync(goFolder);
      const build = (code: number): Promise<void> =>
        buildPulumi(join(folder, "new"), goFolder, recordingAnnouncer(), folder, {
          run: fakeRun(() => ({ code })),
          obtainGo: () => Promise.resolve({ ...goOfPath, disposable: goFolder }),
        });
      await assert.rejects(build(1));
      assert.equal(existsSync(goFolder), true);
      await build(0);
      assert.equal(existsSync(goFolder), false);
    });
  });
});

describe("choice of Go", () => {
  const effects = (goVersion: string | undefined, fetches: boolean): GoEffects => ({
    findOnPath: () => (goVersion === undefined ? undefined : "/usr/bin/go"),
    ensurePip: () => Promise.resolve(),
    run: fakeRun((call) => {
      if (call.command === "/usr/bin/go") return { stdout: `go${goVersion}\n` };
      if (!fetches) return { code: 1, output: "No matching distribution found" };
      const target = argumentAfter(call, "--target");
      mkdirSync(join(target, "go/bin"), { recursive: true });
      writeFileSync(join(target, "go/bin/go"), "");
      return {};
    }),
  });

  it("takes Go from PATH if it is new enough by itself", async () => {
    const go = await obtainGo("1.25.11", "/none", recordingAnnouncer(), "/none", {
      ...effects("1.26.8", false),
      ensurePip: () => assert.fail("asked for pip"),
    });
    assert.equal(go.command, "/usr/bin/go");
    assert.equal(go.disposable, undefined);
  });

  it("fetches it once, checked by hash and with caches of its own, if there is none", async () => {
    await inTemporaryFolder(async (folder) => {
      for (const version of [undefined, "1.19.8"]) {
        const goFolder = join(folder, String(version));
        const fakes = effects(version, true);
        const announcer = recordingAnnouncer();
        const go = await obtainGo("1.25.11", goFolder, announcer, folder, fakes);
        assert.equal(go.command, join(goFolder, "toolchain/go/bin/go"));
        assert.equal(go.disposable, goFolder);
        assert.equal(go.variables.GOCACHE, join(goFolder, "cache"));
        const again = await obtainGo("1.25.11", goFolder, announcer, folder, fakes);
        assert.deepEqual(again, go);
        assert.equal(announcer.lines.length, 1);
      }
    });
  });

  it("reports a package index that has none", async () => {
    await inTemporaryFolder(async (folder) => {
      await assert.rejects(
        obtainGo("1.25.11", folder, recordingAnnouncer(), folder, effects(undefined, false)),
        /Could not fetch Go .*or put a newer Go or the Pulumi CLI on PATH.*No matching/s,
      );
    });
  });
});
