import { InputError } from "../../formats/problems";
import type { AccountFacts } from "../../settings/aws/account";
import { awsPlaceOf } from "../../settings/aws/awsPlace";
import { makePlans, type PlannedBox } from "../../settings/boxPlans";
import { isAwsPlan, type Plan } from "../../settings/plan";
import { estimateCost, estimateLine } from "../cost/estimate";
import { readStackFile, settingsOf } from "../stackFile";
import type { Check } from "./check";

/**
 * Whether a stack could be brought up: its settings, and what they point at here, on the worker and in the
 * AWS account. The same look as `pulumi up` takes before it makes anything.
 */
export async function checkStack(root: string, stack: string): Promise<Check[]> {
  try {
    const file = readStackFile(root, stack);
    const place = awsPlaceOf(file.config ?? {}, process.env);
    return describe(stack, await makePlans(settingsOf(file), root, place));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(checkOfProblem);
  }
}

function describe(stack: string, boxes: readonly [PlannedBox, ...PlannedBox[]]): Check[] {
  const [{ key, plan }] = boxes;
  const { publish, settings } = plan;
  const cost = estimateCost(boxes.map((box) => box.plan));
  const name = `stack ${stack}`;
  return [
    ...(key === undefined
      ? [
          ok(name, `${plan.boxName} ${plan.version}, target ${settings.target}`),
          ok("source", sourceOf(plan)),
        ]
      : [
          ok(name, `${boxes.length} boxes, target ${settings.target}`),
          ...boxes.map(({ label, plan: each }) =>
            ok(`box ${label}`, `${each.version}, from ${sourceOf(each)}`),
          ),
        ]),
    ...(isAwsPlan(plan) ? describeAccount(plan.source.facts) : []),
    ...(publish === undefined
      ? []
      : [
          ok(
            "publish",
            "bucket" in publish ? `s3://${publish.bucket}/${publish.prefix}` : publish.directory,
          ),
        ]),
    ...(cost === undefined ? [] : [ok("cost", estimateLine(cost))]),
  ];
}

function ok(name: string, found: string): Check {
  return { name, status: "ok", found };
}

function sourceOf({ provenance, source }: Plan): string {
  return provenance["source"] ?? source.type;
}

function describeAccount({ account, region, worker, sshCidr }: AccountFacts): Check[] {
  return [
    ok("AWS account", `${account}, ${region}`),
    ok("SSH from", sshCidr),
    ...(worker ? [ok("worker", `${worker.instanceType}, ${worker.imageId}`)] : []),
  ];
}

/** A problem's sentence in the columns of the table: `setting: what is wrong; what to do`. */
function checkOfProblem(problem: string): Check {
  const [, setting = "settings", wrong = problem, remedy] =
    /^(.+?): (.*?)(?:; (.*))?$/s.exec(problem) ?? [];
  return {
    name: setting,
    status: "problem",
    found: wrong,
    ...(remedy !== undefined && { remedy }),
  };
}
