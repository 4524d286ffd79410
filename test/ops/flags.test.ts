import assert from "node:assert/strict";

import { InputError } from "../../formats/problems";
import { applyFlags, parallelFlag, usage, type RawSettings } from "../../ops/box/flags";
import { checkSettings } from "../../settings/parse";

/** What the stack's own file has. */
const file: RawSettings = {
  target: "local",
  source: { type: "debian", suite: "bookworm", mirror: "http://archive.example/debian" },
  box: { description: "from the file", version: "1.0.0" },
  publish: { directory: "out" },
};

function problemsOf(...args: string[]): readonly string[] {
  try {
    applyFlags(args, file);
  } catch (error) {
    assert.ok(error instanceof InputError);
    return error.problems;
  }
  return [];
}

describe("applyFlags", () => {
  it("leaves the settings of the file as they are without flags", () => {
    assert.deepEqual(applyFlags([], file), file);
  });

  const flags: [string[], RawSettings][] = [
    [["--image", "a disk.img"], { source: { type: "image", path: "a disk.img" } }],
    [
      ["--suite", "trixie"],
      { source: { type: "debian", suite: "trixie", mirror: "http://archive.example/debian" } },
    ],
    [["--provision", "a.sh"], { provisioning: { scripts: ["a.sh"] } }],
    [["--name", "acme/demo"], { box: { ...(file["box"] as object), name: "acme/demo" } }],
    [["--version", "2.0"], { box: { ...(file["box"] as object), version: "2.0" } }],
    [["--out", "/srv/boxes"], { publish: { directory: "/srv/boxes" } }],
    [["--no-boot-proof"], { box: { ...(file["box"] as object), bootProof: false } }],
  ];
  for (const [args, change] of flags) {
    it(`lays ${args[0]} over the file's settings and leaves the others`, () => {
      assert.deepEqual(applyFlags(args, file), { ...file, ...change });
    });
  }

  it("takes a value after = too, even one that begins with a hyphen", () => {
    assert.deepEqual(applyFlags(["--out=-odd"], {}), { publish: { directory: "-odd" } });
  });

  it("takes --provision several times, in order, instead of the file's scripts", () => {
    const settings = { provisioning: { scripts: ["old.sh"], guestAdditions: "none" } };
    assert.deepEqual(applyFlags(["--provision", "b.sh", "--provision=a.sh"], settings), {
      provisioning: { scripts: ["b.sh", "a.sh"], guestAdditions: "none" },
    });
  });

  it("makes Debian the source again when the file has an image and a suite is asked for", () => {
    const settings = { source: { type: "image", path: "x.img", format: "raw" } };
    assert.deepEqual(applyFlags(["--suite", "trixie"], settings), {
      source: { type: "debian", suite: "trixie" },
    });
  });

  it("changes nothing in what it was given", () => {
    const before = structuredClone(file);
    applyFlags(["--name", "x", "--suite", "sid", "--out", "y", "--no-boot-proof"], file);
    assert.deepEqual(file, before);
  });

  it("gives settings that the program takes", () => {
    const args = ["--suite", "trixie", "--name", "a", "--version", "1", "--out", "o"];
    assert.deepEqual(checkSettings(applyFlags(args, file) as RawSettings).problems, []);
  });

  it("asks for help before anything is looked at", () => {
    assert.equal(applyFlags(["--nonsense", "--help"], file), "help");
    for (const [args] of flags) assert.ok(usage.includes(args[0]!), args[0]);
  });

  const refused: [string[], string[]][] = [
    [
      ["--imgae", "x"],
      ["--imgae is not a flag; see --help for those there are", "'x' is no flag; see --help"],
    ],
    [["disk.img"], ["'disk.img' is no flag; see --help"]],
    [["-x"], ["-x is not a flag; see --help for those there are"]],
    [["--no-name"], ["--no-name is not a flag; see --help for those there are"]],
    [["--constructor"], ["--constructor is not a flag; see --help for those there are"]],
    [["--image"], ["--image lacks its value; see --help"]],
    [["--image", "--name", "demo"], ["--image lacks its value; see --help"]],
    [["--name", "-x"], ["--name lacks its value; see --help"]],
    [["--out="], ["--out lacks its value; see --help"]],
    [["--name", "a", "--name", "b"], ["--name was given more than once; give it one value"]],
    [["--no-boot-proof=yes"], ["--no-boot-proof takes no value, 'yes' was given"]],
    [
      ["--image", "a", "--suite", "b"],
      ["--image and --suite were both given; a box is made from an image or from a Debian suite"],
    ],
    [
      ["--", "--image", "a"],
      ["'--image' is no flag; see --help", "'a' is no flag; see --help"],
    ],
  ];
  for (const [args, problems] of refused) {
    it(`refuses ${args.join(" ")}`, () => assert.deepEqual(problemsOf(...args), problems));
  }

  it("tells every wrong flag at once", () => {
    assert.deepEqual(problemsOf("--nope", "--suite", "--nay"), [
      "--nope is not a flag; see --help for those there are",
      "--suite lacks its value; see --help",
    ]);
    assert.equal(problemsOf("--nope", "--nay", "stray").length, 3);
  });

  it("refuses flags of one box where the settings list boxes", () => {
    assert.throws(
      () => applyFlags(["--name", "a", "--suite", "trixie"], { ...file, boxes: [{}] }),
      /--name, --suite is of one box, and the settings list boxes/,
    );
    assert.deepEqual(applyFlags(["--no-boot-proof"], { boxes: [{}] }), {
      boxes: [{}],
      box: { bootProof: false },
    });
  });

  it("takes how many boxes are made at once, and nothing that is no such number", () => {
    assert.equal(parallelFlag(["--parallel", "3"]), 3);
    assert.equal(parallelFlag([]), undefined);
    for (const text of ["0", "many", "1.5", "-1"]) {
      assert.match(
        problemsOf(`--parallel=${text}`).join(),
        /--parallel: .* is not allowed; give a whole number/,
      );
    }
  });
});
