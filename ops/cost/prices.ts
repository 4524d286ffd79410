import table from "./listPrices.json";

/** Prices in one currency, of one region and day. */
export interface Prices {
  /** Day the prices were taken, `YYYY-MM-DD`. */
  readonly asOf: string;
  readonly region: string;
  readonly currency: string;
  /** One hour of an instance, on demand, Linux, by its type. */
  readonly instanceHour: Readonly<Record<string, number>>;
  /** One GiB of a gp3 volume, provisioned, for a month; its included throughput only. */
  readonly volumeGiBMonth: number;
  /** One MiB/s of a gp3 volume above the 125 that are included, for a month. */
  readonly volumeThroughputMonth: number;
  /** One GiB stored in snapshots for a month. */
  readonly snapshotGiBMonth: number;
  /** One hour of a public IPv4 address. */
  readonly publicAddressHour: number;
  /** One GiB in S3 Standard for a month. */
  readonly objectGiBMonth: number;
  /** A thousand requests that write to S3, each part of an upload one. */
  readonly putRequests: number;
  /** A thousand requests that read from S3. */
  readonly getRequests: number;
}

/** The dated table of this repository; an estimate, as no bill is asked for. */
export const listPrices: Prices = table;

/** AWS counts a month of storage as 30 days of 24 hours (Amazon EBS pricing, examples). */
export const hoursPerMonth = 720;

/** Prices that a setting gives in place of the table's, such as `{"instanceHour": {"c9.large": 0.1}}`. */
export type PriceOverrides = {
  readonly [Name in keyof Omit<Prices, "asOf" | "region" | "currency" | "instanceHour">]?:
    Prices[Name] | undefined;
} & { readonly instanceHour?: Readonly<Record<string, number>> | undefined };

/** The table with some prices replaced. */
export function withOverrides(prices: Prices, overrides: PriceOverrides = {}): Prices {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  return {
    ...prices,
    ...Object.fromEntries(given),
    instanceHour: { ...prices.instanceHour, ...overrides.instanceHour },
  };
}

/** The names of the prices that a setting gives, as they stand below `cost.prices`. */
export function overridden({ instanceHour = {}, ...others }: PriceOverrides = {}): string[] {
  return [
    ...Object.keys(instanceHour).map((type) => `instanceHour.${type}`),
    ...Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name])),
  ];
}
