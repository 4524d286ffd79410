import { hoursPerMonth, type Prices } from "./prices";

/** A resource that is paid for by the time it is there. */
export type PricedResource =
  | { readonly kind: "instance"; readonly type: string }
  | { readonly kind: "address" }
  | { readonly kind: "volume" | "snapshot"; readonly GiB: number };

/** What a build used of one resource. */
export type Usage = PricedResource & {
  /** How people know it, such as `worker`. */
  readonly name: string;
  readonly hours: number;
};

/** One line of a bill. */
export interface CostLine {
  readonly name: string;
  readonly hours: number;
  /** In the table's currency; undefined where the table has no price. */
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
}

/** AWS bills an instance and its volumes by the second, a minute at least (EC2 and EBS pricing). */
const leastHours = 1 / 60;

/** Puts prices to what a build used. */
export function buildCost(usages: readonly Usage[], prices: Prices): BuildCost {
  const lines = usages.map((usage) => {
    const hours = Math.max(usage.hours, leastHours);
    const perHour = pricePerHour(usage, prices);
    return { name: usage.name, hours, cost: perHour === undefined ? undefined : perHour * hours };
  });
  return {
    lines,
    total: lines.reduce((sum, { cost = 0 }) => sum + cost, 0),
    unpriced: lines.filter(({ cost }) => cost === undefined).map(({ name }) => name),
    currency: prices.currency,
    pricesAsOf: prices.asOf,
  };
}

/** What a resource costs as long as it is there; undefined where the table has no price. */
export function pricePerHour(resource: PricedResource, prices: Prices): number | undefined {
  switch (resource.kind) {
    case "instance":
      return prices.instanceHour[resource.type];
    case "address":
      return prices.publicAddressHour;
    case "volume":
      return (resource.GiB * prices.volumeGiBMonth) / hoursPerMonth;
    case "snapshot":
      return (resource.GiB * prices.snapshotGiBMonth) / hoursPerMonth;
  }
}
