import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { escapeHtml } from "../../ops/report/htmlText";

/** The command of a real browser; undefined where there is none. */
export const browser = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);

/** A page as a browser laid it out. */
export interface Measured {
  /** Room for the page beside the scroll bar, CSS pixels. */
  readonly width: number;
  readonly scrollWidth: number;
  /** Elements that reach over the right edge. */
  readonly outside: string[];
  /** Smallest size of a text, CSS pixels. */
  readonly smallestText: number;
}

/** Lays the page out in frames of several widths, in a real browser, and measures it there. */
export function measure(page: string, widths: readonly number[]): Measured[] {
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
