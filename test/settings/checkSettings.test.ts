import assert from "node:assert/strict";

import { checkSettings } from "../../settings/parse";

type Raw = Record<string, unknown>;

const problems = (raw: Raw): readonly string[] => checkSettings(raw).problems;

describe("checkSettings", () => {
  it("fills in every default", () => {
    const { settings, problems } = checkSettings({});
    assert.deepEqual(problems, []);
    assert.deepEqual(settings, {
      target: "local",
      source: {
        type: "debian",
        suite: "bookworm",
        mirror: "http://deb.debian.org/debian",
        securityMirror: "http://deb.debian.org/debian-security",
        packages: [],
      },
      provisioning: { scripts: [], guestAdditions: "auto", skipFixes: [] },
      box: {
        description: "",
        diskGiB: 40,
        architecture: ["amd64"],
        providers: ["virtualbox"],
        firmware: "bios",
        access: "public",
        hardware: {
          cpus: 2,
          memoryMiB: 2048,
          vramMiB: 16,
          ioApic: true,
          rtcUtc: true,
          pae: false,
        },
        vagrantfile: [],
        compression: "default",
        bootProof: true,
        bootTimeoutSeconds: 300,
      },
      publish: { directory: "out", privateAddress: "10.10.1.10" },
      worker: { workDirectory: ".ami2box/work" },
    });
  });

  it("fills in the defaults of a group beside what is given", () => {
    const { settings } = checkSettings({ box: { hardware: { cpus: 4 } } });
    assert.equal(settings?.box.hardware.cpus, 4);
    assert.equal(settings?.box.hardware.memoryMiB, 2048);
    assert.equal(settings?.box.diskGiB, 40);
  });

  const refused: [string, Raw, string][] = [
    [
      "a group that is none",
      { box: "x" },
      `box: "x" is not allowed; it must be a group of settings`,
    ],
    [
      "an empty group",
      { publish: null },
      "publish: null is not allowed; it must be a group of settings",
    ],
    ["a source without a kind", { source: {} }, "source.type: is missing; allowed: debian, image"],
    [
      "a source of an unknown kind",
      { source: { type: "iso" } },
      `source.type: "iso" is not allowed; allowed: debian, image`,
    ],
    [
      "an image without a path",
      { source: { type: "image" } },
      "source.path: is missing; it must be text, in quotes where it looks like a number",
    ],
    [
      "an empty path",
      { source: { type: "image", path: "" } },
      `source.path: "" is not allowed; it must not be empty`,
    ],
    [
      "an unknown image format",
      { source: { type: "image", path: "x", format: "vdi" } },
      `source.format: "vdi" is not allowed; allowed: raw, qcow2, vmdk, vhd`,
    ],
    [
      "a suite with a space",
      { source: { type: "debian", suite: "book worm" } },
      `source.suite: "book worm" is not allowed; it must be a Debian code name such as bookworm or trixie`,
    ],
    [
      "a mirror that is no http",
      { source: { type: "debian", mirror: "ftp://x/debian" } },
      `source.mirror: "ftp://x/debian" is not allowed; it must be the http or https URL of a Debian archive`,
    ],
    [
      "a package's name in capitals",
      { source: { type: "debian", packages: ["jq", "Vim"] } },
      `source.packages.1: "Vim" is not allowed; it must be the name of a Debian package in small letters`,
    ],
    [
      "half a processor",
      { box: { hardware: { cpus: 1.5 } } },
      "box.hardware.cpus: 1.5 is not allowed; it must be a whole number",
    ],
    [
      "too little memory",
      { box: { hardware: { memoryMiB: 64 } } },
      "box.hardware.memoryMiB: 64 is not allowed; it must be 256 or more",
    ],
    [
      "two processors without an I/O APIC",
      { box: { hardware: { ioApic: false } } },
      "box.hardware.ioApic: false is not allowed; more than one processor needs it: set it to true, or cpus to 1",
    ],
    [
      "too large a disk",
      { box: { diskGiB: 4096 } },
      "box.diskGiB: 4096 is not allowed; it must be 2040 or less",
    ],
    [
      "a number in quotes",
      { box: { diskGiB: "40" } },
      `box.diskGiB: "40" is not allowed; it must be a number`,
    ],
    [
      "a word for a switch",
      { box: { bootProof: "no" } },
      `box.bootProof: "no" is not allowed; it must be true or false`,
    ],
    [
      "text for a list",
      { provisioning: { scripts: "a.sh" } },
      `provisioning.scripts: "a.sh" is not allowed; it must be a list`,
    ],
    [
      "lines of a Vagrantfile in one text",
      { box: { vagrantfile: ["a\nb"] } },
      `box.vagrantfile.0: "a\\nb" is not allowed; it must be a single line: make it several of the list`,
    ],
    [
      "another target",
      { target: "moon" },
      `target: "moon" is not allowed; allowed: local, ssh, aws`,
    ],
    [
      "an unknown setting at the top",
      { sauce: {} },
      "sauce: is not a setting; README.md lists those there are",
    ],
    [
      "an unknown setting in a group",
      { box: { hardware: { ram: 1 } } },
      "box.hardware.ram: is not a setting; README.md lists those there are",
    ],
    [
      "a setting of the other kind of source",
      { source: { type: "image", path: "x", suite: "sid" } },
      "source.suite: is not a setting; README.md lists those there are",
    ],
    [
      "a version that YAML takes for a number",
      { box: { version: 1.5 } },
      "box.version: 1.5 is not allowed; it must be text, in quotes where it looks like a number",
    ],
  ];
  for (const [what, raw, problem] of refused) {
    it(`refuses ${what}: path, value, remedy, once`, () => {
      assert.deepEqual(problems(raw), [problem]);
      assert.equal(checkSettings(raw).settings, undefined);
    });
  }

  for (const name of [
    "a b",
    "",
    ".a",
    "a/b/c",
    "a:b",
    "../up",
    "ä",
    "a\nb",
    "a".repeat(129),
    "a/",
  ]) {
    it(`refuses the box name ${JSON.stringify(name.slice(0, 12))}, which Vagrant would not take`, () => {
      const [problem, ...more] = problems({ box: { name } });
      assert.match(problem ?? "", /^box\.name: ".*is no box name; it must be name or organisation/);
      assert.deepEqual(more, []);
    });
  }

  for (const version of ["", "next", "v1.0", "1..0", "1.0 ", "1_0", "-1", "1.0+b"]) {
    it(`refuses the version ${JSON.stringify(version)}, which Vagrant would not take`, () => {
      const [problem, ...more] = problems({ box: { version } });
      assert.match(
        problem ?? "",
        /^box\.version: ".*" is no version; it must be numbers and words/,
      );
      assert.deepEqual(more, []);
    });
  }

  it("takes names and versions that Vagrant takes", () => {
    for (const name of ["a", "acme/debian-12", "A_1.x"])
      assert.deepEqual(problems({ box: { name } }), []);
    for (const version of ["1", "1.4.0", "20261124.0.0", "1.0.0-rc.1", "1.0.a"]) {
      assert.deepEqual(problems({ box: { version } }), [], version);
    }
  });

  it("tells everything that is wrong at once, name and version included", () => {
    const found = problems({
      target: "moon",
      source: { type: "image", format: "vdi" },
      box: { name: "a b", version: "next", diskGiB: 0, cpus: 3 },
      publish: { directory: "" },
      extra: true,
    });
    assert.deepEqual(found.map((problem) => problem.slice(0, problem.indexOf(": "))).sort(), [
      "box.cpus",
      "box.diskGiB",
      "box.name",
      "box.version",
      "extra",
      "publish.directory",
      "source.format",
      "source.path",
      "target",
    ]);
  });

  it("shows no more than 60 characters of a value", () => {
    const [problem] = problems({ target: "x".repeat(1000) });
    assert.ok((problem ?? "").length < 130, problem);
  });

  it("reads its own result to the same settings, as a stack's file made from it is read", () => {
    const first = checkSettings({}).settings;
    assert.deepEqual(checkSettings(JSON.parse(JSON.stringify(first)) as Raw).settings, first);
  });
});
