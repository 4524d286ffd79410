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
  /** One GiB stored in snapshots for a month. */
  readonly snapshotGiBMonth: number;
  /** One hour of a public IPv4 address. */
  readonly publicAddressHour: number;
  /** One GiB in S3 Standard for a month. */
  readonly objectGiBMonth: number;
}

/** The dated table of this repository; an estimate, as no bill is asked for. */
export const listPrices: Prices = table;

/** AWS counts a month of storage as 30 days of 24 hours (Amazon EBS pricing, examples). */
export const hoursPerMonth = 720;

/** A price that a setting gives in place of the table's, such as `{"instanceHour": {"c9.large": 0.1}}`. */
export type PriceOverrides = Partial<Omit<Prices, "asOf" | "region" | "currency">>;

/** The table with some prices replaced. */
export function withOverrides(prices: Prices, overrides: PriceOverrides): Prices {
  return {
    ...prices,
    ...overrides,
    instanceHour: { ...prices.instanceHour, ...overrides.instanceHour },
  };
}
