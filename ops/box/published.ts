import type { Plan } from "../../settings/plan";

/**
 * Whether the catalog has a plan's version already, made from the same inputs. One that was withdrawn counts:
 * made again from the same inputs, it would come back.
 */
export function isPublished({
  published,
  version,
  recipe,
}: Pick<Plan, "published" | "version" | "recipe">): boolean {
  return published.some(
    (each) =>
      (each.catalogued || each.gone === "withdrawn") &&
      each.version === version &&
      each.recipe === recipe,
  );
}
