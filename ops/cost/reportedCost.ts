import { usagesOf, type BuildResource } from "./awsResources";
import { buildCost, type BuildCost, type CostLine } from "./buildCost";
import { listPrices, overridden, withOverrides, type PriceOverrides } from "./prices";

/** What a build is to tell of its cost, as the program knows it. */
export interface CostFacts {
  /** Region of the build. */
  readonly region: string;
  readonly resources: readonly BuildResource[];
  /** When the first resource was made, RFC 3339; missing where none costs by the hour. */
  readonly started?: string;
  /** When the AMI was baked, RFC 3339; missing where none is. */
  readonly baked?: string;
  readonly spot: boolean;
  /** Days that the AMI outlives the build; missing where it goes with the rest. */
  readonly keepDays?: number;
  readonly prices?: PriceOverrides;
}

/** What a published version is to the bucket it is in. */
export interface BucketUse {
  readonly bytes: number;
  readonly puts: number;
  readonly gets: number;
}

/** `cost` of `report.json`. */
export interface ReportedCost extends BuildCost {
  readonly region: string;
  /** When the resources were counted: before they were destroyed. */
  readonly until: string;
  /** Prices of the settings; the others are the table's. */
  readonly ownPrices: readonly string[];
  readonly spot: boolean;
  /** What stays after destroy, and what it costs in 30 days. */
  readonly stays: readonly Stay[];
}

export interface Stay {
  readonly name: string;
  readonly what: string;
  readonly perMonth: number;
  /** Days after which it may go; missing where nobody said. */
  readonly days?: number;
}

/** What a build cost until its boxes were published. */
export function reportedCost(facts: CostFacts, use: BucketUse, now: Date): ReportedCost {
  const { region, resources, spot, keepDays } = facts;
  const prices = withOverrides(listPrices, facts.prices);
  const hours = (time: string | undefined, otherwise: number): number =>
    time === undefined ? otherwise : Date.parse(time) / 3_600_000;
  const ended = now.getTime() / 3_600_000;
  const started = hours(facts.started, ended);
  const usages = usagesOf(resources, { started, baked: hours(facts.baked, started), ended });
  const requests = [
    { name: "writing to the bucket", kind: "put", count: use.puts },
    { name: "reading from the bucket", kind: "get", count: use.gets },
  ] as const;
  const GiB = use.bytes / 2 ** 30;
  const snapshot = resources.find(({ kind }) => kind === "snapshot");
  return {
    ...buildCost(usages, prices, requests),
    region,
    until: `${now.toISOString().slice(0, 19)}Z`,
    ownPrices: overridden(facts.prices),
    spot,
    stays: [
      {
        name: "version in the bucket",
        what: `${GiB.toFixed(2)} GiB`,
        perMonth: GiB * prices.objectGiBMonth,
      },
      ...(keepDays !== undefined && snapshot?.kind === "snapshot"
        ? [
            {
              name: snapshot.name,
              what: `${snapshot.GiB} GiB at most`,
              perMonth: snapshot.GiB * prices.snapshotGiBMonth,
              days: keepDays,
            },
          ]
        : []),
    ],
  };
}

/** A line's quantity for people: `24 min`, `1.5 h`, `31`. */
export function shownQuantity({ quantity, unit }: CostLine): string {
  if (unit === "1000 requests") return `${Math.round(quantity * 1000)}`;
  return quantity < 1.5 ? `${Math.round(quantity * 60)} min` : `${quantity.toFixed(1)} h`;
}
