import { median, rounded } from "./statistics";

/** Seconds from switching on to the first login over SSH, a boot each. */
export interface BootTimes {
  readonly plain: readonly number[];
  readonly box: readonly number[];
}

/** How many times as long the box takes, by the medians. */
export function bootRatio({ plain, box }: BootTimes): number {
  return rounded(median(box) / median(plain), 2);
}

/** The figures for people, a line each. */
export function bootTable(times: BootTimes): string {
  const line = (name: string, seconds: readonly number[]): string =>
    `${name.padEnd(12)} ${median(seconds).toFixed(1)} s, ${seconds.length} boots from ${Math.min(...seconds).toFixed(1)} to ${Math.max(...seconds).toFixed(1)} s`;
  return [
    line("plain image", times.plain),
    line("box", times.box),
    `${"ratio".padEnd(12)} ${bootRatio(times)}`,
    "",
  ].join("\n");
}
