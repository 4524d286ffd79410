import { InputError } from "../formats/problems";
import type { AwsPlace } from "./aws/awsPlace";
import { listsBoxes, problemsOfBoxes, readBoxList, type BoxEntry } from "./boxList";
import { Looks } from "./looks";
import { makePlan, type Plan } from "./plan";
import { defaultVersion } from "./publishedVersions";

/** A box of a stack. */
export interface PlannedBox {
  /**
   * What its resources' names begin with, and its folder on the worker is called: the same in every run.
   * Missing for the only box of a stack that lists none.
   */
  readonly key?: string;
  /** How people know it: its name, and more where two boxes of the stack have the same. */
  readonly label: string;
  readonly plan: Plan;
  /** Its raw settings, the stack's and its own. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Boxes that are looked at at once: each asks archives, hosts or AWS. */
const looksAtOnce = 8;

/**
 * Turns the raw settings of a stack into a plan for each of its boxes: those of its setting `boxes`, or the one
 * that it is for.
 *
 * @param raw the values under `ami2box:`
 * @param projectDirectory the project's folder; relative paths count from it
 * @param aws where calls to AWS go, for those who need any
 * @throws InputError naming every problem of every box at once
 */
export async function makePlans(
  raw: Readonly<Record<string, unknown>>,
  projectDirectory: string,
  aws: AwsPlace = {},
): Promise<[PlannedBox, ...PlannedBox[]]> {
  if (!listsBoxes(raw)) {
    const plan = await makePlan({ ...raw }, projectDirectory, aws);
    return [{ label: plan.boxName, plan, raw }];
  }
  const { entries, problems } = readBoxList(raw);
  const looks = new Looks();
  const results = await inTurns(entries, (entry) => planOf(entry, projectDirectory, aws, looks));
  const found = results.map((result) => ("problems" in result ? result.problems : []));
  const plans = results.map((result) => ("plan" in result ? result.plan : undefined));
  const all = [...problems, ...problemsOfBoxes(raw, entries, found), ...likenessProblems(plans)];
  if (all.length > 0) throw new InputError("settings", all);
  return named(plans as Plan[], entries) as [PlannedBox, ...PlannedBox[]];
}

type PlanResult = { readonly plan: Plan } | { readonly problems: readonly string[] };

async function planOf(
  { raw }: BoxEntry,
  projectDirectory: string,
  aws: AwsPlace,
  looks: Looks,
): Promise<PlanResult> {
  try {
    return { plan: await makePlan(raw, projectDirectory, aws, looks) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { problems: error.problems };
  }
}

/** Does something for each, in order, so many at a time. */
async function inTurns<T, R>(list: readonly T[], act: (each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < list.length) {
      const index = next++;
      results[index] = await act(list[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(looksAtOnce, list.length) }, worker));
  return results;
}

/** Boxes that would take each other's place where they are published. */
function likenessProblems(plans: readonly (Plan | undefined)[]): string[] {
  return plans.flatMap((plan, index) => {
    const before = plans.slice(0, index);
    const twin = before.findIndex((other) => other && plan && sharesBox(other, plan));
    if (plan === undefined) return [];
    if (twin >= 0) {
      return [
        `boxes[${index}].box.name: ${JSON.stringify(plan.boxName)} is that of boxes[${twin}] too, for the same provider and architecture; give each another name`,
      ];
    }
    const namesake = before.findIndex(
      (other) =>
        other?.boxName === plan.boxName &&
        other.version === plan.version &&
        plan.settings.box.version !== undefined,
    );
    return namesake >= 0
      ? [
          `boxes[${index}].box.version: ${JSON.stringify(plan.version)} is that of boxes[${namesake}] too, which has the same name; give each another version, or leave it out`,
        ]
      : [];
  });
}

function sharesBox(a: Plan, b: Plan): boolean {
  return (
    a.boxName === b.boxName &&
    a.boxes.some((one) =>
      b.boxes.some(
        (other) => one.provider === other.provider && one.architecture === other.architecture,
      ),
    )
  );
}

/** Gives each box its key and its label, and namesakes different versions. */
function named(plans: readonly Plan[], entries: readonly BoxEntry[]): PlannedBox[] {
  const boxes: PlannedBox[] = [];
  for (const [index, plan] of plans.entries()) {
    const namesakes = plans.filter(({ boxName }) => boxName === plan.boxName);
    const more =
      namesakes.length > 1
        ? plan.boxes.map(({ provider, architecture }) => ` ${provider}-${architecture}`).join("")
        : "";
    const label = `${plan.boxName}${more}`;
    const key = label.replaceAll("/", "--").replaceAll(" ", "-");
    const taken = boxes
      .filter(({ plan: other }) => other.boxName === plan.boxName)
      .map(({ plan: { version, recipe } }) => ({ version, recipe, catalogued: false }));
    const version =
      taken.length === 0 || plan.settings.box.version !== undefined
        ? plan.version
        : defaultVersion([...plan.published, ...taken], plan.recipe, new Date());
    const workDirectory =
      plan.workDirectory.slice(0, plan.workDirectory.lastIndexOf("/") + 1) + key;
    boxes.push({ key, label, raw: entries[index]!.raw, plan: { ...plan, version, workDirectory } });
  }
  return boxes;
}

/** Variable that names the boxes of a stack that are to be made, by their labels, with commas between. */
export const onlyVariable = "AMI2BOX_ONLY";

/**
 * The boxes of a stack that are asked for: all of them, unless {@link onlyVariable} says otherwise.
 *
 * @throws InputError when it names one that the stack does not list
 */
export function selectBoxes<T extends PlannedBox>(
  boxes: readonly [T, ...T[]],
  environment: Readonly<Record<string, string | undefined>>,
): [T, ...T[]] {
  const given = environment[onlyVariable];
  if (given === undefined || given === "" || boxes[0].key === undefined) return [...boxes];
  const wanted = given.split(",").map((label) => label.trim());
  const labels = boxes.map(({ label }) => label);
  const unknown = wanted.filter((label) => !labels.includes(label));
  if (unknown.length > 0) {
    throw new InputError("settings", [
      `${onlyVariable}: ${unknown.join(", ")} is no box of the stack; allowed: ${labels.join(", ")}`,
    ]);
  }
  return boxes.filter(({ label }) => wanted.includes(label)) as [T, ...T[]];
}
