import { stages, type StageName } from "../../components/stages";
import type { Plan } from "../../settings/plan";

/** The stages a plan runs, in order. */
export function stagesOf(plan: Plan): StageName[] {
  const left = new Set<StageName>();
  if (plan.source.type !== "debian") left.add("bootstrap");
  if (!plan.settings.box.bootProof) left.add("boot-proof");
  return (Object.keys(stages) as StageName[]).filter((name) => !left.has(name));
}
