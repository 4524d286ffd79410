import { escapeHtml, formatBytes, formatSeconds } from "./htmlText";
import type { ReportedBox } from "./reportData";

/** Each box of a version with several: its size, its boot proof, and its digest. */
export function boxesHtml(boxes: readonly ReportedBox[]): string {
  const items = boxes.map(({ provider, architecture, bytes, sha256, bootProof }) => {
    const started =
      bootProof === undefined
        ? "never started"
        : `${bootProof.passed} of ${bootProof.checks} checks passed, SSH after ${formatSeconds(bootProof.secondsToSsh)} (${bootProof.accelerator})`;
    const name = `${provider}, ${architecture}`;
    return `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(`${formatBytes(bytes)}, ${started}`)}<br><code>sha256 ${escapeHtml(sha256)}</code></dd>`;
  });
  return `<dl class="origin">${items.join("\n")}</dl>`;
}
