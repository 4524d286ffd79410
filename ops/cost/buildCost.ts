import { hoursPerMonth, type Prices } from "./prices";

/** A resource that is paid for by the time it is there. */
export type PricedResource =
  | { readonly kind: "instance"; readonly type: string }
  | { readonly kind: "address" }
  /** A gp3 volume; `MiBps` is its throughput where that is more than comes with it. */
  | { readonly kind: "volume"; readonly GiB: number; readonly MiBps?: number }
  | { readonly kind: "snapshot"; readonly GiB: number }
  /** Something there is no price of, whatever the table. */
  | { readonly kind: "unpriced"; readonly what: string };

/** What a build used of one resource. */
export type Usage = PricedResource & {
  /** How people know it, such as `worker`. */
  readonly name: string;
  readonly hours: number;
};

/** Requests that a build made. */
export interface Requests {
  readonly name: string;
  readonly kind: "put" | "get";
  readonly count: number;
}

/** One line of a bill. */
export interface CostLine {
  readonly name: string;
  /** What it is, such as `c6i.xlarge` or `40 GiB`. */
  readonly what: string;
  /** How much of it: hours, or thousands of requests. */
  readonly quantity: number;
  readonly unit: "hour" | "1000 requests";
  /** Price of one unit in the table's currency; undefined where the table has no price. */
  readonly rate: number | undefined;
  readonly cost: number | undefined;
}

/** What a build cost, by resource. */
export interface BuildCost {
  readonly lines: readonly CostLine[];
  /** Sum of what has a price. */
  readonly total: number;
  /** Names of what has none; their cost comes on top. */
  readonly unpriced: readonly string[];
  readonly currency: string;
  /** Day of the prices. */
  readonly pricesAsOf: string;
  /** Region of the prices. */
  readonly pricesRegion: string;
}

/** AWS bills an instance and its volumes by the second, a minute at least (EC2 and EBS pricing). */
const leastHours = 1 / 60;

/** MiB/s that come with every gp3 volume (Amazon EBS User Guide, "General Purpose SSD volumes"). */
const includedMiBps = 125;

/** Puts prices to what a build used. */
export function buildCost(
  usages: readonly Usage[],
  prices: Prices,
  requests: readonly Requests[] = [],
): BuildCost {
  const lines = [
    ...usages.map((usage): CostLine => {
      const quantity = Math.max(usage.hours, leastHours);
      const rate = pricePerHour(usage, prices);
      return { name: usage.name, what: describe(usage), unit: "hour", ...priced(quantity, rate) };
    }),
    ...requests.map(({ name, kind, count }): CostLine => {
      const rate = kind === "put" ? prices.putRequests : prices.getRequests;
      return {
        name,
        what: `${count} requests`,
        unit: "1000 requests",
        ...priced(count / 1000, rate),
      };
    }),
  ];
  return {
    lines,
    total: lines.reduce((sum, { cost = 0 }) => sum + cost, 0),
    unpriced: lines.filter(({ cost }) => cost === undefined).map(({ name }) => name),
    currency: prices.currency,
    pricesAsOf: prices.asOf,
    pricesRegion: prices.region,
  };
}

function priced(
  quantity: number,
  rate: number | undefined,
): Pick<CostLine, "quantity" | "rate" | "cost"> {
  return { quantity, rate, cost: rate === undefined ? undefined : rate * quantity };
}

/** What a resource costs as long as it is there; undefined where the table has no price. */
export function pricePerHour(resource: PricedResource, prices: Prices): number | undefined {
  switch (resource.kind) {
    case "instance":
      return prices.instanceHour[resource.type];
    case "address":
      return prices.publicAddressHour;
    case "volume": {
      const { GiB, MiBps = includedMiBps } = resource;
      const extra = Math.max(0, MiBps - includedMiBps) * prices.volumeThroughputMonth;
      return (GiB * prices.volumeGiBMonth + extra) / hoursPerMonth;
    }
    case "snapshot":
      return (resource.GiB * prices.snapshotGiBMonth) / hoursPerMonth;
    case "unpriced":
      return undefined;
  }
}

function describe(resource: PricedResource): string {
  switch (resource.kind) {
    case "instance":
      return resource.type;
    case "address":
      return "public IPv4";
    case "volume":
      return resource.MiBps === undefined
        ? `${resource.GiB} GiB gp3`
        : `${resource.GiB} GiB gp3, ${resource.MiBps} MiB/s`;
    case "snapshot":
      return `${resource.GiB} GiB at most`;
    case "unpriced":
      return resource.what;
  }
}
