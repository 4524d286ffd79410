import type { Plan } from "../../settings/plan";

/** Whether the catalog has a plan's version already, made from the same inputs. */
export function isPublished({
  published,
  version,
  recipe,
}: Pick<Plan, "published" | "version" | "recipe">): boolean {
  return published.some(
    (each) => each.catalogued && each.version === version && each.recipe === recipe,
  );
}
