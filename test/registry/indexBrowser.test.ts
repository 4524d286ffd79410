import assert from "node:assert/strict";

import { indexHtml } from "../../ops/registry/indexHtml";
import { yank } from "../../ops/registry/standing";
import { browser, measure } from "../support/browser";
import { sampleCatalog } from "./catalogs";

/** Names as long as they get: what breaks a narrow page. */
function longIndex(): string {
  const long = "a-name-without-any-place-to-break-it".repeat(2);
  const versions = Array.from({ length: 12 }, (_, index) => `2026110${index}.0.0-${long}`);
  const catalog = { ...sampleCatalog(...versions), name: `acme/${long}` };
  return indexHtml(yank(catalog, versions[3]!), `https://${long}.example.org/${long}/catalog.json`);
}

describe("index.html in a real browser", function () {
  this.timeout(60_000);

  it("is as wide as the screen, from a small telephone to a desktop, and no wider", function () {
    if (browser === undefined) {
      console.log("      skipped: there is no chromium here; apt-get install chromium to run it");
      this.skip();
    }
    for (const measured of measure(longIndex(), [320, 390, 768, 1280])) {
      assert.equal(measured.scrollWidth, measured.width);
      assert.deepEqual(measured.outside, [], `${measured.width} px`);
      assert.ok(measured.smallestText >= 12, `${measured.smallestText} px`);
    }
  });
});
