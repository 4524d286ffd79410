// Lists what builds have left in AWS and, with --yes, deletes it. See ops/sweep/sweepFlags.ts.
//   node ops/setup/run.mjs ops/sweep.ts [flags]
import { InputError } from "../formats/problems";
import { listPrices } from "./cost/prices";
import { projectRoot } from "./setup/folders";
import { announceOn } from "./setup/log";
import { findInPlace, sweepClients } from "./sweep/findInPlace";
import { findLeftovers, needState } from "./sweep/leftovers";
import { outcomeLine } from "./sweep/outcome";
import { projectName, stackName, sweepPlaces } from "./sweep/places";
import { removeAll, type RemovalFailure } from "./sweep/removeAll";
import { readStates } from "./sweep/stackStates";
import { parseSweepFlags, sweepUsage } from "./sweep/sweepFlags";
import { leftoverTable } from "./sweep/table";

/** Sweeps and returns the exit status. The last line printed says what was found and done. */
export async function main(args: readonly string[]): Promise<number> {
  const flags = parseSweepFlags(args);
  if (flags === "help") {
    process.stdout.write(`${sweepUsage}\n`);
    return 0;
  }
  const announce = announceOn(process.stderr);
  const root = projectRoot();
  const project = projectName(root);
  const stack = flags.stack && stackName(flags.stack);
  const now = new Date();

  const places = sweepPlaces(root, project, flags, process.env);
  const findings = await Promise.all(
    places.map(async (place) => {
      const clients = sweepClients(place);
      return { clients, ...(await findInPlace(clients, place, listPrices, { project, stack })) };
    }),
  );
  const resources = findings.flatMap((finding) => finding.resources);
  const problems = new Set(findings.flatMap((finding) => finding.problems));
  const states = await readStates(needState(resources, now), flags.stack, announce);
  const found = findings.map(({ clients, resources }) => ({
    clients,
    leftovers: findLeftovers(resources, now, (name) => states.get(name)),
  }));
  const leftovers = found.flatMap((each) => each.leftovers);
  if (leftovers.length > 0) process.stdout.write(leftoverTable(leftovers, now));

  const failures: RemovalFailure[] = [];
  if (flags.yes) {
    for (const each of found) failures.push(...(await removeAll(each.clients, each.leftovers)));
  }
  for (const { leftover, reason } of failures) {
    problems.add(`${leftover.kind} ${leftover.id} could not be deleted: ${reason}`);
  }
  for (const problem of problems) process.stdout.write(`sweep: ${problem}\n`);
  const line = outcomeLine({
    regions: places.map(({ region }) => region),
    staying: resources.length - leftovers.length,
    leftovers,
    isDeleting: flags.yes,
    failed: failures.map(({ leftover }) => leftover),
    isWhole: findings.every((finding) => finding.problems.length === 0),
    currency: listPrices.currency,
  });
  process.stdout.write(`${line}\n`);
  return problems.size === 0 ? 0 : 1;
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (status) => (process.exitCode = status),
    (error: Error) => {
      process.stdout.write(`${error instanceof InputError ? error.message : error.stack}\n`);
      process.exitCode = 1;
    },
  );
}
