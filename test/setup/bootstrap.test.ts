import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../ops/setup/folders";

const SETUP = join(projectRoot(), "ops/setup");

// TypeScript would turn a plain import() into require(), which cannot load these modules.
// eslint-disable-next-line @typescript-eslint/no-implied-eval
const importModule = new Function("file", "return import(file)") as (
  file: string,
) => Promise<Record<string, (...args: unknown[]) => unknown>>;

async function call(module: string, name: string, ...args: unknown[]): Promise<unknown> {
  return (await importModule(join(SETUP, module)))[name]!(...args);
}

const GOOD_MACHINE = {
  nodeVersion: "20.0.0",
  platform: "linux",
  architecture: "x64",
  userId: 0,
  hasSudo: false,
  hasApt: true,
  hasNpm: true,
};
const problems = async (facts: object): Promise<string[]> =>
  (await call("machine.mjs", "machineProblems", { ...GOOD_MACHINE, ...facts })) as string[];

describe("machine check", () => {
  it("accepts the oldest Node.js, root without sudo, and sudo without root", async () => {
    assert.deepEqual(await problems({}), []);
    assert.deepEqual(await problems({ userId: 1000, hasSudo: true }), []);
  });

  it("names the version found and the one wanted", async () => {
    assert.match((await problems({ nodeVersion: "18.19.1" }))[0]!, /18\.19\.1, but 20 or newer/);
  });

  it("reports every problem at once", async () => {
    const all = await problems({
      nodeVersion: "12.22.9",
      platform: "darwin",
      architecture: "arm64",
      userId: 501,
      hasApt: false,
      hasNpm: false,
    });
    assert.equal(all.length, 5);
    for (const pattern of [/12\.22\.9/, /npm/, /darwin arm64/, /apt-get/, /sudo/]) {
      assert.ok(
        all.some((problem) => pattern.test(problem)),
        String(pattern),
      );
    }
  });

  it("is written so that Node.js 12 can load it and complain", () => {
    for (const file of ["run.mjs", "machine.mjs", "npmPackages.mjs"]) {
      const code = readFileSync(join(SETUP, file), "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
      assert.doesNotMatch(code, /\?\.[\w([]|\?\?|\|\|=|&&=|\bawait import|\.at\(|replaceAll/, file);
    }
  });
});

const lock = (entries: Record<string, object>): object => ({ packages: { "": {}, ...entries } });
const matches = (wanted: object, installed: object | null): Promise<unknown> =>
  call("npmPackages.mjs", "packagesMatch", wanted, installed);

describe("comparison of node_modules with the lock file", () => {
  const a = { "node_modules/a": { version: "1.0.0", integrity: "sha512-a" } };
  const b = { "node_modules/b": { version: "2.0.0", integrity: "sha512-b" } };

  it("accepts the same packages, with or without those for other platforms", async () => {
    const foreign = { "node_modules/c": { version: "1.0.0", optional: true } };
    assert.equal(await matches(lock({ ...a, ...b }), { packages: { ...b, ...a } }), true);
    assert.equal(await matches(lock({ ...a, ...foreign }), { packages: a }), true);
  });

  it("refuses a missing, a superfluous and a changed package", async () => {
    const other = { "node_modules/a": { version: "1.0.1", integrity: "sha512-x" } };
    assert.equal(await matches(lock({ ...a, ...b }), { packages: a }), false);
    assert.equal(await matches(lock(a), { packages: { ...a, ...b } }), false);
    assert.equal(await matches(lock(a), { packages: other }), false);
  });

  it("refuses a tree whose installation did not end", async () => {
    assert.equal(await matches(lock(a), null), false);
  });
});

describe("run.mjs", () => {
  const run = (...args: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [join(SETUP, "run.mjs"), ...args], {
      encoding: "utf8",
      cwd: projectRoot(),
    });

  it("hands over to the file with its arguments, output and exit status", () => {
    const result = run("test/setup/printArguments.ts", "one", "two words");
    assert.equal(result.stdout, '["one","two words"]\n');
    assert.equal(result.stderr, "");
    assert.equal(result.status, 3);
  });

  it("asks for a file if there is none", () => {
    const result = run();
    assert.equal(result.status, 1);
    assert.match(String(result.stderr), /^Usage: /);
  });
});
