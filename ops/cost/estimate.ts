import { isAwsPlan, type AwsPlan, type Plan } from "../../settings/plan";
import { awsResources, usagesOf, type BuildMoments } from "./awsResources";
import { buildCost, pricePerHour, type BuildCost } from "./buildCost";
import { money } from "./money";
import { priceOrigin } from "./priceOrigin";
import { listPrices, overridden, withOverrides } from "./prices";

/** Minutes that a build is taken to last; see docs/aws.md, "What it costs". */
const assumed = { bakeMinutes: 15, boxMinutes: 15 };

/** What a build is going to cost. */
export interface CostEstimate extends BuildCost {
  readonly boxes: number;
  /** Minutes that it is taken to last. */
  readonly minutes: number;
  /** What each hour costs in which nothing is destroyed; of what has a price. */
  readonly perHour: number;
  readonly spot: boolean;
  /** Region of the build. */
  readonly region: string;
  /** Prices of the settings; see {@link overridden}. */
  readonly ownPrices: readonly string[];
}

/** Estimates the build of a stack's boxes; undefined where nothing is made in a cloud. */
export function estimateCost(plans: readonly Plan[]): CostEstimate | undefined {
  const [first, ...others] = plans.filter(isAwsPlan).map(estimateOne);
  return first && others.reduce(add, first);
}

function estimateOne(plan: AwsPlan): CostEstimate {
  const { settings, source } = plan;
  const moments = momentsOf(source.facts.source.type === "bake", plan.publish !== undefined);
  const resources = awsResources(plan);
  const prices = withOverrides(listPrices, settings.cost.prices);
  const lasting = resources.filter(({ phase }) => phase !== "bake");
  return {
    ...buildCost(usagesOf(resources, moments), prices),
    boxes: 1,
    minutes: Math.round(moments.ended * 60),
    perHour: lasting.reduce((sum, each) => sum + (pricePerHour(each, prices) ?? 0), 0),
    spot: settings.worker.spot && source.facts.worker !== undefined,
    region: source.facts.region,
    ownPrices: overridden(settings.cost.prices),
  };
}

/** Two boxes are made at the same time. */
function add(one: CostEstimate, other: CostEstimate): CostEstimate {
  return {
    ...one,
    lines: [...one.lines, ...other.lines],
    unpriced: [...one.unpriced, ...other.unpriced],
    boxes: one.boxes + other.boxes,
    total: one.total + other.total,
    minutes: Math.max(one.minutes, other.minutes),
    perHour: one.perHour + other.perHour,
    spot: one.spot || other.spot,
  };
}

function momentsOf(bakes: boolean, makesBox: boolean): BuildMoments {
  const baked = bakes ? assumed.bakeMinutes / 60 : 0;
  return { started: 0, baked, ended: baked + (makesBox ? assumed.boxMinutes / 60 : 0) };
}

/** An estimate in one line, such as `about 0.16 USD if it takes 30 minutes, ...`. */
export function estimateLine(estimate: CostEstimate): string {
  const { total, currency, minutes, perHour, lines, boxes } = estimate;
  const missing = new Set(
    lines.filter(({ cost }) => cost === undefined).map(({ name, what }) => `${name} (${what})`),
  );
  const what = boxes > 1 ? ` for ${boxes} boxes` : "";
  return [
    `about ${money(total, currency)}${what} if it takes ${minutes} minutes`,
    `${money(perHour, currency)} for each hour that nothing is destroyed`,
    ...(missing.size > 0 ? [`without ${[...missing].join(", ")}: price not known`] : []),
    ...(estimate.spot ? ["on-demand price, a spot worker costs less"] : []),
    priceOrigin(estimate),
  ].join("; ");
}
