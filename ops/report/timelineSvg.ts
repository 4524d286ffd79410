import { escapeHtml } from "./htmlText";

/** A stage on the timeline. */
export interface TimelineStage {
  readonly name: string;
  readonly seconds: number;
}

const width = 720;
const rowHeight = 26;
const labelWidth = 110;
const timeWidth = 70;

/** Stages as bars one below the other, each beginning where its predecessor ended. */
export function timelineSvg(stages: readonly TimelineStage[]): string {
  const total = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  const scale = total > 0 ? (width - labelWidth - timeWidth) / total : 0;
  let elapsed = 0;
  const rows = stages.map(({ name, seconds }, index) => {
    const x = labelWidth + elapsed * scale;
    const y = index * rowHeight;
    const barWidth = Math.max(2, seconds * scale);
    elapsed += seconds;
    return [
      `<text x="0" y="${y + 17}">${escapeHtml(name)}</text>`,
      `<rect x="${x.toFixed(1)}" y="${y + 4}" width="${barWidth.toFixed(1)}" height="${rowHeight - 8}" rx="3"/>`,
      `<text x="${(x + barWidth + 6).toFixed(1)}" y="${y + 17}">${seconds.toFixed(1)} s</text>`,
    ].join("");
  });
  const height = stages.length * rowHeight;
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="Time of each stage, ${total.toFixed(0)} s in all" font-size="13" fill="currentcolor" style="--bar:#3b82f6"><style>rect{fill:var(--bar)}</style>${rows.join("\n")}</svg>`;
}
