import { InputError } from "../../formats/problems";
import type { AccountFacts } from "../../settings/aws/account";
import { awsPlaceOf } from "../../settings/aws/awsPlace";
import { isAwsPlan, makePlan, type Plan } from "../../settings/plan";
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
    return describe(stack, await makePlan(settingsOf(file), root, place));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(checkOfProblem);
  }
}

function describe(stack: string, plan: Plan): Check[] {
  const ok = (name: string, found: string): Check => ({ name, status: "ok", found });
  const { boxName, version, publish, provenance, settings } = plan;
  const cost = estimateCost(plan);
  return [
    ok(`stack ${stack}`, `${boxName} ${version}, target ${settings.target}`),
    ok("source", provenance["source"] ?? plan.source.type),
    ...(isAwsPlan(plan) ? describeAccount(plan.source.facts, ok) : []),
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

function describeAccount(
  { account, region, worker, sshCidr }: AccountFacts,
  ok: (name: string, found: string) => Check,
): Check[] {
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
