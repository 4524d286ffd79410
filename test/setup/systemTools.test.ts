import assert from "node:assert/strict";
import { missingTools, SYSTEM_TOOLS, toolsFor } from "../../ops/setup/systemTools";

describe("list of system tools", () => {
  it("looks for each command or file once, by bare name or absolute path", () => {
    const names = SYSTEM_TOOLS.map((tool) => tool.lookFor);
    assert.deepEqual(names, [...new Set(names)]);
    for (const name of names) assert.match(name, /^(\/\S+|[\w.+-]+)$/);
  });

  it("gives each a valid package name, a reason and a purpose", () => {
    for (const tool of SYSTEM_TOOLS) {
      assert.match(tool.package, /^[a-z0-9][a-z0-9+.-]+$/);
      assert.ok(tool.why.length > 10, tool.lookFor);
      assert.ok(tool.neededFor.length > 0, tool.lookFor);
    }
  });

  it("needs everything for tests that it needs for a box", () => {
    const forTest = toolsFor("test");
    for (const tool of toolsFor("box")) assert.ok(forTest.includes(tool), tool.lookFor);
  });

  it("needs no boot loader to check the sources", () => {
    assert.deepEqual(
      toolsFor("lint").map((tool) => tool.lookFor),
      ["shellcheck"],
    );
  });

  it("reports exactly the tools that are absent", () => {
    const absent = ["jq", "qemu-img"];
    assert.deepEqual(
      missingTools(SYSTEM_TOOLS, (name) => !absent.includes(name)).map((tool) => tool.lookFor),
      absent,
    );
  });
});
