import assert from "node:assert/strict";

import { architectureProblems } from "../../settings/architectures";
import { checkSettings } from "../../settings/parse";

/** The problems of a box with these settings, of its form or of what goes with what. */
function problemsOf(box: object, source: object = { type: "debian" }): readonly string[] {
  const { settings, problems } = checkSettings({ source, box });
  return settings ? architectureProblems(settings) : problems;
}

describe("processors and providers", () => {
  it("are one or several, none twice", () => {
    const { settings } = checkSettings({ box: { architecture: "arm64", providers: ["libvirt"] } });
    assert.deepEqual(settings?.box.architecture, ["arm64"]);
    assert.deepEqual(settings.box.providers, ["libvirt"]);
    assert.deepEqual(problemsOf({ architecture: ["amd64", "arm64"] }), []);
    assert.match(problemsOf({ architecture: "riscv64" }).join(), /allowed: amd64, arm64/);
    assert.match(problemsOf({ architecture: [] }).join(), /at least one entry/);
    assert.match(problemsOf({ providers: ["libvirt", "libvirt"] }).join(), /no entry twice/);
    assert.match(problemsOf({ providers: ["hyperv"] }).join(), /allowed: virtualbox, libvirt/);
  });

  it("are several only of a source that there is for each", () => {
    const image = { type: "image", path: "disk.raw" };
    assert.deepEqual(problemsOf({ architecture: ["arm64"] }, image), []);
    assert.deepEqual(problemsOf({ architecture: ["amd64", "arm64"] }, image), [
      "box.architecture: amd64, arm64 is not allowed with source.type image, which has one processor's programs; give one, or make the source debian",
    ]);
  });

  it("refuse a guest type of another processor", () => {
    const hardware = { osType: "Ubuntu_64" };
    assert.deepEqual(problemsOf({ hardware }), []);
    assert.match(
      problemsOf({ hardware, architecture: ["amd64", "arm64"] }).join(),
      /^box\.hardware\.osType: "Ubuntu_64" is not allowed with box\.architecture amd64, arm64;/,
    );
    assert.deepEqual(
      problemsOf({ hardware: { osType: "Ubuntu_arm64" }, architecture: "arm64" }),
      [],
    );
  });
});
