import { isAwsPlan, type Plan } from "../../settings/plan";
import { awsResources, usagesOf, type BuildMoments } from "./awsResources";
import { buildCost, pricePerHour, type BuildCost } from "./buildCost";
import { money } from "./money";
import { priceOrigin } from "./priceOrigin";
import { listPrices, overridden, withOverrides } from "./prices";

/** Minutes that a build is taken to last; see docs/aws.md, "What it costs". */
const assumed = { bakeMinutes: 15, boxMinutes: 15 };

/** What a build is going to cost. */
export interface CostEstimate extends BuildCost {
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

/** Estimates a plan's build; undefined where nothing is made in a cloud. */
export function estimateCost(plan: Plan): CostEstimate | undefined {
  if (!isAwsPlan(plan)) return undefined;
  const { settings, source } = plan;
  const moments = momentsOf(source.facts.source.type === "bake", plan.publish !== undefined);
  const resources = awsResources(plan);
  const prices = withOverrides(listPrices, settings.cost.prices);
  const lasting = resources.filter(({ phase }) => phase !== "bake");
  return {
    ...buildCost(usagesOf(resources, moments), prices),
    minutes: Math.round(moments.ended * 60),
    perHour: lasting.reduce((sum, each) => sum + (pricePerHour(each, prices) ?? 0), 0),
    spot: settings.worker.spot && source.facts.worker !== undefined,
    region: source.facts.region,
    ownPrices: overridden(settings.cost.prices),
  };
}

function momentsOf(bakes: boolean, makesBox: boolean): BuildMoments {
  const baked = bakes ? assumed.bakeMinutes / 60 : 0;
  return { started: 0, baked, ended: baked + (makesBox ? assumed.boxMinutes / 60 : 0) };
}

/** An estimate in one line, such as `about 0.16 USD if it takes 30 minutes, ...`. */
export function estimateLine(estimate: CostEstimate): string {
  const { total, currency, minutes, perHour, unpriced, lines } = estimate;
  const missing = lines
    .filter(({ name }) => unpriced.includes(name))
    .map(({ name, what }) => `${name} (${what})`);
  return [
    `about ${money(total, currency)} if it takes ${minutes} minutes`,
    `${money(perHour, currency)} for each hour that nothing is destroyed`,
    ...(missing.length > 0 ? [`without ${missing.join(", ")}: price not known`] : []),
    ...(estimate.spot ? ["on-demand price, a spot worker costs less"] : []),
    priceOrigin(estimate),
  ].join("; ");
}
