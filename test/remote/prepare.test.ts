import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { projectRoot } from "../../ops/setup/folders";

const script = path.join(projectRoot(), "scripts/worker/prepare.sh");

interface Outcome {
  readonly status: number | null;
  readonly result: Record<string, unknown> | undefined;
  readonly stderr: string;
  /** What was asked of the package manager, a line each. */
  readonly asked: string[];
}

/**
 * Machines of the distributions by STAND-INS: an os-release file, and on PATH a package manager that writes
 * down what it is asked and "installs" by making an empty program. All else is this machine's.
 */
describe("preparing a worker", () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-prepare-"));
    fs.mkdirSync(path.join(folder, "bin"));
    fs.writeFileSync(path.join(folder, "asked"), "");
    const install = `echo "$(basename "$0") $*" >>'${folder}/asked'\n`;
    program("apt-get", `${install}case " $* " in *" install "*) ${makes} ;; esac`);
    program("dnf", `${install}${makes}`);
    program("modprobe", "exit 0");
    system("debian", "12");
    table("box missing-tool must missing-package - is missing\n");
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const makes = `for name in "$@"; do case $name in *-package) printf '#!/bin/sh\\n' >"$(dirname "$0")/\${name%-package}-tool"; chmod 755 "$(dirname "$0")/\${name%-package}-tool" ;; esac; done`;

  function program(name: string, commands: string): void {
    const file = path.join(folder, "bin", name);
    fs.writeFileSync(file, `#!/bin/bash\n${commands}\n`, { mode: 0o755 });
  }

  function system(id: string, version: string): void {
    fs.writeFileSync(path.join(folder, "os-release"), `ID=${id}\nVERSION_ID="${version}"\n`);
  }

  function table(rows: string): void {
    fs.writeFileSync(path.join(folder, "packages.txt"), `# comment\n\n${rows}`);
  }

  function prepare(variables: Record<string, string> = {}): Outcome {
    const { status, stdout, stderr } = spawnSync("bash", [script], {
      encoding: "utf8",
      env: {
        PATH: `${folder}/bin:${process.env["PATH"]}`,
        PACKAGES_FILE: `${folder}/packages.txt`,
        OS_RELEASE: `${folder}/os-release`,
        ...variables,
      },
    });
    const asked = fs.readFileSync(path.join(folder, "asked"), "utf8").split("\n").filter(Boolean);
    const result = stdout === "" ? undefined : (JSON.parse(stdout) as Record<string, unknown>);
    return { status, result, stderr, asked };
  }

  it("changes nothing, and asks nobody, where everything is there", () => {
    table("box bash must bash - runs scripts\nbox jq must jq - reads JSON\n");
    const { status, result, asked } = prepare();
    assert.equal(status, 0);
    assert.deepEqual(asked, []);
    assert.deepEqual(result?.["installed"], []);
    assert.equal(result?.["stage"], "prepare");
    assert.equal(result?.["system"], "debian 12");
    assert.equal(result?.["node"], process.versions.node);
  });

  it("installs with apt what is missing and nothing else, waiting for locks", () => {
    table("box bash must bash - .\nbox missing-tool must missing-package - .\n");
    const { status, result, asked } = prepare({ LOCK_TIMEOUT: "77" });
    assert.equal(status, 0);
    assert.deepEqual(result?.["installed"], ["missing-package"]);
    assert.match(asked[0] ?? "", /^apt-get .*update$/);
    assert.match(
      asked[1] ?? "",
      /^apt-get .*DPkg::Lock::Timeout=77 .*install --no-install-recommends missing-package$/,
    );
    assert.equal(asked.length, 2);
  });

  it("installs with dnf on Amazon Linux 2023, by its names", () => {
    system("amzn", "2023");
    table("box missing-tool must deb-package missing-package .\n");
    const { status, asked } = prepare();
    assert.equal(status, 0);
    assert.equal(asked.length, 1);
    assert.match(asked[0] ?? "", /^dnf .*install missing-package$/);
  });

  it("installs only what the purposes need", () => {
    table("box bash must bash - .\nboot-proof missing-tool must missing-package - .\n");
    assert.deepEqual(prepare({ PURPOSES: "box" }).asked, []);
    assert.equal(prepare({ PURPOSES: "box boot-proof" }).asked.length, 2);
  });

  it("goes on without what only makes it faster, and says so", () => {
    table("box libnone.so.9 faster none-at-all - is fast\nbox other-tool faster - - is fast too\n");
    program("apt-get", 'case " $* " in *" install "*) exit 100 ;; esac');
    const { status, result } = prepare();
    assert.equal(status, 0);
    assert.deepEqual(result?.["installed"], []);
    assert.deepEqual(result?.["notices"], [
      "other-tool, which is fast too, is no package of debian 12",
      "none-at-all could not be installed: it is done without",
    ]);
  });

  it("waits for cloud-init before it installs", () => {
    program("cloud-init", `echo "cloud-init $*" >>'${folder}/asked'`);
    assert.equal(prepare().asked[0], "cloud-init status --wait");
  });

  it("tries again when a mirror fails", () => {
    program(
      "apt-get",
      `echo "$*" >>'${folder}/asked'\ncase " $* " in *" install "*) [ -e '${folder}/once' ] || { : >'${folder}/once'; exit 100; } ;; esac`,
    );
    program("sleep", "exit 0");
    const { status, asked } = prepare();
    assert.equal(status, 0);
    assert.equal(asked.filter((line) => line.includes(" install ")).length, 2);
  });

  const refusals: [string, () => Record<string, string>, RegExp][] = [
    [
      "a package that cannot be installed, by name",
      () => {
        program("apt-get", 'case " $* " in *" install "*) exit 100 ;; esac');
        program("sleep", "exit 0");
        return {};
      },
      /error: these packages could not be installed: missing-package; see above/,
    ],
    [
      "what the distribution has no package for, with the remedy",
      () => {
        system("amzn", "2023");
        table("boot-proof none-such must qemu - boots the box\n");
        return {};
      },
      /amzn 2023 has no package for: none-such, which boots the box; use Debian or Ubuntu, or do without \(box\.bootProof\)/,
    ],
    [
      "another distribution",
      () => (system("alpine", "3.20"), {}),
      /error: this is alpine 3\.20; a worker must be Debian, Ubuntu or Amazon Linux 2023/,
    ],
    [
      "Amazon Linux 2",
      () => (system("amzn", "2"), {}),
      /this is Amazon Linux 2, whose Node\.js is too old/,
    ],
    [
      "a Node.js that is too old",
      () => (program("node", "echo v12.22.9"), {}),
      /error: Node\.js is 12\.22\.9 here; the tools need 18 or newer/,
    ],
    [
      "a purpose that is none",
      () => ({ PURPOSES: "box boots" }),
      /error: PURPOSES has 'boots'; allowed: box/,
    ],
  ];
  for (const [what, arrange, reason] of refusals) {
    it(`refuses ${what}`, () => {
      const { status, result, stderr } = prepare(arrange());
      assert.equal(status, 1);
      assert.equal(result, undefined);
      assert.match(stderr, reason);
    });
  }

  it("has a table whose every row has a purpose that is known, a need and packages", () => {
    const text = fs.readFileSync(path.join(path.dirname(script), "packages.txt"), "utf8");
    const rows = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.ok(rows.length >= 10);
    for (const row of rows) {
      assert.match(
        row,
        /^(box|image|debian|efi|arm64|boot-proof|boot-proof-efi) +\S+ +(must|faster) +\S+ +\S+ +\S.*$/,
      );
      assert.doesNotMatch(row, /virtualbox/i);
    }
  });
});
