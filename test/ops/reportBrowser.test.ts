import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { escapeHtml } from "../../ops/report/htmlText";
import { buildReport } from "../../ops/report/reportData";
import { reportHtml } from "../../ops/report/reportHtml";
import { onePixelPng, stageResults } from "./publishFixture";

const browser = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);

/** Names and facts as long as they get: what breaks a narrow page. */
function longReport(): string {
  const long = "a-name-without-any-place-to-break-it".repeat(3);
  const report = buildReport({
    name: `acme/${long}`,
    version: "20261124.0.0",
    boxes: [
      {
        provider: "virtualbox",
        architecture: "amd64",
        bytes: 260_891_648,
        sha256: "ab".repeat(32),
      },
    ],
    provenance: { recipe: "cd".repeat(32), source: long, archive: `http://${long}.example/debian` },
    stages: stageResults,
    packages: Array.from({ length: 60 }, (_, index) => ({
      name: index % 9 === 0 ? long : `package-${index}`,
      version: index % 7 === 0 ? `1:${long}` : "1.2-3",
      architecture: "amd64",
    })),
    checks: Array.from({ length: 40 }, (_, index) => ({
      name: `check ${index} of ${index % 7 === 0 ? long : "something"}`,
      ok: true,
      detail: index % 5 === 0 ? long : "",
    })),
  });
  // Unfolded, so that the list is measured too.
  return reportHtml({
    report,
    catalog: `/srv/${long}/catalog.json`,
    screenshot: onePixelPng,
  }).replace("<details>", "<details open>");
}

interface Measured {
  /** Room for the page beside the scroll bar, CSS pixels. */
  readonly width: number;
  readonly scrollWidth: number;
  /** Elements that reach over the right edge. */
  readonly outside: string[];
  /** Smallest size of a text, CSS pixels. */
  readonly smallestText: number;
}

/** Lays the page out in frames of several widths, in a real browser, and measures it there. */
function measure(page: string, widths: readonly number[]): Measured[] {
  const folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-browser-"));
  try {
    const frames = widths.map(
      (width) =>
        `<iframe srcdoc="${escapeHtml(page)}" style="border:0;width:${width}px;height:800px"></iframe>`,
    );
    const script = `addEventListener("load", () => {
      document.body.dataset.measured = JSON.stringify([...document.querySelectorAll("iframe")].map((frame) => {
        const page = frame.contentDocument;
        const elements = [...page.body.querySelectorAll("*")];
        const width = page.documentElement.clientWidth;
        return {
          width,
          scrollWidth: page.documentElement.scrollWidth,
          outside: elements.filter((each) => each.getBoundingClientRect().right > width + 0.5)
            .map((each) => each.outerHTML.slice(0, 80)),
          smallestText: Math.min(...elements.filter((each) => each.textContent !== "")
            .map((each) => parseFloat(page.defaultView.getComputedStyle(each).fontSize))),
        };
      }));
    });`;
    const harness = path.join(folder, "harness.html");
    fs.writeFileSync(
      harness,
      `<!doctype html><meta charset="utf-8"><body>${frames.join("")}<script>${script}</script></body>`,
    );
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,900"];
    const dom = execFileSync(
      browser!,
      [...flags, `--user-data-dir=${folder}/profile`, "--dump-dom", `file://${harness}`],
      { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 26 },
    );
    const measured = /data-measured="([^"]*)"/.exec(dom)?.[1] ?? "";
    return JSON.parse(
      measured
        .replaceAll("&quot;", '"')
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&amp;", "&"),
    ) as Measured[];
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

describe("report.html in a real browser", function () {
  this.timeout(60_000);

  it("is as wide as the screen, from a small telephone to a desktop, and no wider", function () {
    if (browser === undefined) {
      console.log("      skipped: there is no chromium here; apt-get install chromium to run it");
      this.skip();
    }
    for (const measured of measure(longReport(), [320, 390, 768, 1280])) {
      assert.equal(measured.scrollWidth, measured.width);
      assert.deepEqual(measured.outside, [], `${measured.width} px`);
      assert.ok(measured.smallestText >= 12, `${measured.smallestText} px`);
    }
  });
});
