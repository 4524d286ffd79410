/** One line of a chart. */
export interface Series {
  readonly label: string;
  readonly colour: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** A chart of seconds against something. */
export interface Chart {
  readonly title: string;
  /** What the horizontal axis counts, with its unit. */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

const WIDTH = 720;
const HEIGHT = 400;
const PLOT = { left: 64, right: 190, top: 44, bottom: 52 } as const;
/** Least distance between two labels at the ends of lines, in pixels. */
const LABEL_DISTANCE = 18;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Round steps (1, 2 or 5 times a power of ten) from 0 to at least `largest`, about five of them. */
export function ticks(largest: number): number[] {
  // Nothing that is measured in seconds is shorter.
  if (!(largest >= 0.001)) return [0, 1];
  const raw = largest / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw) as number;
  const count = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** Moves labels apart that would lie on one another, keeping their order. */
export function spreadLabels(wanted: readonly number[]): number[] {
  const order = wanted.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y);
  const placed = new Array<number>(wanted.length).fill(0);
  let lowest = -Infinity;
  for (const { y, index } of order) {
    lowest = Math.max(y, lowest + LABEL_DISTANCE);
    placed[index] = lowest;
  }
  return placed;
}

/** Draws a chart as an SVG image, each line named at its end. */
export function chartSvg({ title, xLabel, yLabel, series }: Chart): string {
  const all = series.flatMap(({ points }) => points);
  const xTicks = [...new Set(all.map(({ x }) => x))].sort((a, b) => a - b);
  const yTicks = ticks(Math.max(...all.map(({ y }) => y), 0));
  const xMost = Math.max(...xTicks, 1);
  const yMost = yTicks.at(-1) as number;
  const bottom = HEIGHT - PLOT.bottom;
  const right = WIDTH - PLOT.right;
  const toX = (x: number): number => PLOT.left + (x / xMost) * (right - PLOT.left);
  const toY = (y: number): number => bottom - (y / yMost) * (bottom - PLOT.top);
  const at = (value: number): string => value.toFixed(1);

  const grid = yTicks.map(
    (y) =>
      `<line x1="${PLOT.left}" x2="${right}" y1="${at(toY(y))}" y2="${at(toY(y))}" stroke="#ddd"/>` +
      `<text x="${PLOT.left - 8}" y="${at(toY(y) + 4)}" text-anchor="end">${y}</text>`,
  );
  const marks = xTicks.map(
    (x) =>
      `<line x1="${at(toX(x))}" x2="${at(toX(x))}" y1="${bottom}" y2="${bottom + 5}" stroke="#555"/>` +
      `<text x="${at(toX(x))}" y="${bottom + 20}" text-anchor="middle">${x}</text>`,
  );
  const ends = series.map(({ points }) => points.at(-1)).map((end) => (end ? toY(end.y) : bottom));
  const labelYs = spreadLabels(ends);
  const lines = series.map(({ label, colour, points }, index) => {
    const path = points.map(({ x, y }) => `${at(toX(x))},${at(toY(y))}`).join(" ");
    const dots = points
      .map(({ x, y }) => `<circle cx="${at(toX(x))}" cy="${at(toY(y))}" r="3.5" fill="${colour}"/>`)
      .join("");
    const last = points.at(-1);
    const name = last
      ? `<text x="${at(toX(last.x) + 10)}" y="${at((labelYs[index] as number) + 4)}" fill="${colour}" ` +
        `font-weight="bold">${escaped(label)}</text>`
      : "";
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}${name}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" ` +
      `font-family="sans-serif" font-size="13" fill="#333" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<text x="${PLOT.left}" y="24" font-size="16" font-weight="bold">${escaped(title)}</text>`,
    ...grid,
    ...marks,
    `<line x1="${PLOT.left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="#555"/>`,
    `<text x="${(PLOT.left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(xLabel)}</text>`,
    `<text transform="translate(18 ${(PLOT.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(yLabel)}</text>`,
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}
