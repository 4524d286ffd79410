import { escapeHtml, formatSeconds } from "./htmlText";

/** A stage on the timeline. */
export interface TimelineStage {
  readonly name: string;
  readonly seconds: number;
}

const rowHeight = 40;
const barHeight = 10;

/**
 * Stages one below the other, each with its name and time above a bar that begins where its
 * predecessor ended. Lengths are percentages and heights are pixels: the picture fits any screen and its
 * text keeps its size.
 */
export function timelineSvg(stages: readonly TimelineStage[]): string {
  const total = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  const percent = (seconds: number): number => (total > 0 ? (100 * seconds) / total : 0);
  let elapsed = 0;
  const rows = stages.map(({ name, seconds }, index) => {
    const textY = index * rowHeight + 16;
    const barY = index * rowHeight + 22;
    // So short a stage that it would not be seen is drawn a little longer, and ends inside the picture.
    const length = Math.min(100, Math.max(0.8, percent(seconds)));
    const start = Math.min(percent(elapsed), 100 - length);
    elapsed += seconds;
    const bar = (className: string, from: number, width: number): string =>
      `<rect class="${className}" x="${from.toFixed(2)}%" y="${barY}" width="${width.toFixed(2)}%" height="${barHeight}" rx="5"/>`;
    return [
      `<text x="0" y="${textY}">${escapeHtml(name)}</text>`,
      `<text class="time" x="100%" y="${textY}" text-anchor="end">${formatSeconds(seconds)}</text>`,
      bar("track", 0, 100),
      bar("bar", start, length),
    ].join("");
  });
  const label = `Time of each stage, ${formatSeconds(total)} in all`;
  return `<svg class="timeline" width="100%" height="${stages.length * rowHeight}" role="img" aria-label="${label}">
${rows.join("\n")}
</svg>`;
}
