import * as pulumi from "@pulumi/pulumi";

import { InputError } from "../formats/problems";
import { NightlySchedule } from "./NightlySchedule";
import { parseScheduleSettings } from "./settings";

const prefix = "ami2box-schedule:";

function declareSchedule(): Record<string, unknown> {
  const raw = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value] as const);
  const schedule = new NightlySchedule("nightly", {
    ...parseScheduleSettings(Object.fromEntries(raw)),
    project: "ami2box",
  });
  return { environment: schedule.environment, crons: schedule.crons };
}

/** A mistake in the settings is told in a sentence, without the program's stack trace. */
function declareScheduleOrRefuse(): ReturnType<typeof declareSchedule> {
  try {
    return declareSchedule();
  } catch (error) {
    throw error instanceof InputError ? new pulumi.RunError(error.message) : error;
  }
}

export = declareScheduleOrRefuse;
