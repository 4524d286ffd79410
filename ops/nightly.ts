// Makes the box of a stack and cleans up after it, for cron or any CI. See ops/nightly/nightlyFlags.ts.
//   node ops/setup/run.mjs ops/nightly.ts [flags]
import * as fs from "node:fs";
import * as path from "node:path";

import { watchForInterruption } from "./box/interruption";
import { runNight, type NightOutcome } from "./nightly/night";
import { nightlyUsage, parseNightlyFlags, type NightlyFlags } from "./nightly/nightlyFlags";
import { nightlyLogs, stackSteps } from "./nightly/stackSteps";
import { withRetention } from "./nightly/retention";
import { retireVersionsOf } from "./registry/retire";
import { setUp } from "./setup";
import { backendOf } from "./setup/environment";
import { privateFolder, projectRoot } from "./setup/folders";
import { withFreeLock } from "./setup/lock";
import { announceOn, type Announcer } from "./setup/log";
import { removeStaleLocks } from "./staleLocks";

/** Pauses between attempts to destroy: AWS lets go of things within minutes. */
const destroyPausesMs = [30_000, 120_000, 300_000];

/** Nights whose logs are kept. */
const keptLogs = 30;

/** Another night is at work (sysexits.h, EX_TEMPFAIL: try again later). */
const busyStatus = 75;

/** Runs a night and returns the exit status. The last line printed says what happened. */
export async function main(args: readonly string[]): Promise<number> {
  const flags = parseNightlyFlags(args);
  if (flags === "help") {
    process.stdout.write(`${nightlyUsage}\n`);
    return 0;
  }
  const announce = announceOn(process.stderr);
  const logs = nightlyLogs(projectRoot(), flags.stack);
  const outcome = await withFreeLock(`${logs}.lock`, () => oneNight(flags, logs, announce));
  const { status, line, table }: NightOutcome = outcome ?? {
    status: busyStatus,
    line: `nightly: another night of stack ${flags.stack} is at work; nothing was begun`,
  };
  process.stdout.write(table === undefined ? `${line}\n` : `${table}\n\n${line}\n`);
  return status;
}

async function oneNight(
  { stack, limitHours, parallel }: NightlyFlags,
  logs: string,
  announce: Announcer,
): Promise<NightOutcome> {
  const interruption = watchForInterruption(announce.line);
  const backend = backendOf(stack, process.env);
  const purpose = stack === "local" ? "box" : "cloud";
  const environment = await setUp(purpose, announce, backend);
  if (backend === "private") {
    removeStaleLocks(path.join(privateFolder(environment.root), "state"));
  }
  const own = path.join(logs, new Date().toISOString().slice(0, 19).replaceAll(":", ""));
  fs.mkdirSync(own, { recursive: true });
  removeOldLogs(logs);
  const steps = withRetention(
    stackSteps({ environment, stack, parallel, logs: own, show: announce.line }),
    () => retireVersionsOf(stack, environment.root),
  );
  const limits = { buildMs: limitHours * 3_600_000, destroyPausesMs };
  const outcome = await runNight(steps, limits, interruption, announce);
  return outcome.status === 0 ? outcome : { ...outcome, line: `${outcome.line}; logs in ${own}` };
}

function removeOldLogs(logs: string): void {
  const nights = fs.readdirSync(logs).sort();
  for (const night of nights.slice(0, -keptLogs)) {
    fs.rmSync(path.join(logs, night), { recursive: true });
  }
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (status) => (process.exitCode = status),
    (error: Error) => {
      process.stdout.write(`nightly: nothing was begun: ${error.message}\n`);
      process.exitCode = 1;
    },
  );
}
