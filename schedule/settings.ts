import { InputError, shown } from "../formats/problems";

/** When and how a stack runs every night, checked and complete. */
export interface ScheduleSettings {
  /** Pulumi Cloud organisation that owns the stack. */
  readonly organization: string;
  /** Name of the stack that makes the box. */
  readonly stack: string;
  /** Git URL of this project's repository. */
  readonly repository: string;
  readonly branch: string;
  /** IAM role that Pulumi Cloud takes on over OpenID Connect. */
  readonly roleArn: string;
  /** Time of day in UTC of the build. */
  readonly updateAt: TimeOfDay;
  /** Time of day in UTC by which a build must be over: all it left is destroyed then. */
  readonly destroyAt: TimeOfDay;
}

export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

const defaults = {
  stack: "nightly",
  branch: "main",
  updateAt: "01:00",
  destroyAt: "05:00",
} as const;

/**
 * A role session lasts 12 hours at most (AWS STS, AssumeRoleWithWebIdentity, DurationSeconds), and ours one
 * hour more than the build may take.
 */
const longestBuildHours = 11;

const settingForms: Readonly<Record<keyof ScheduleSettings, readonly [RegExp, string]>> = {
  organization: [/^[A-Za-z0-9_-]{3,40}$/, "it must be the name of a Pulumi Cloud organisation"],
  stack: [/^[A-Za-z0-9_.-]{1,100}$/, "it must be a stack's name without its organisation"],
  repository: [
    /^(https:\/\/|ssh:\/\/|git@)\S+$/,
    "it must be a Git URL that begins with https://, ssh:// or git@",
  ],
  branch: [/^[^\s~^:?*[\\]+$/, "it must be the name of a Git branch"],
  roleArn: [
    /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/,
    "it must be the ARN of an IAM role, arn:aws:iam::ACCOUNT:role/NAME",
  ],
  updateAt: [/^([01]\d|2[0-3]):[0-5]\d$/, "it must be a time of day in UTC such as 01:00"],
  destroyAt: [/^([01]\d|2[0-3]):[0-5]\d$/, "it must be a time of day in UTC such as 05:00"],
};

/**
 * Checks the settings of the schedule as a whole.
 *
 * @param raw the values under `ami2box-schedule:`
 * @throws InputError naming every problem found at once
 */
export function parseScheduleSettings(
  raw: Readonly<Record<string, string | undefined>>,
): ScheduleSettings {
  const given: Readonly<Record<string, string | undefined>> = { ...defaults, ...raw };
  const problems = [
    ...Object.keys(given)
      .filter((name) => !(name in settingForms))
      .map((name) => `${name}: is not a setting; allowed: ${Object.keys(settingForms).join(", ")}`),
    ...Object.entries(settingForms)
      .filter(([name, [form]]) => !form.test(given[name] ?? ""))
      .map(([name, [, allowed]]) => {
        const value = given[name] ?? "";
        return `${name}: ${value === "" ? "is missing" : `${shown(value)} is not allowed`}; ${allowed}`;
      }),
  ];
  if (problems.length > 0) throw new InputError("schedule", problems);
  const settings = {
    ...(given as unknown as Omit<ScheduleSettings, "updateAt" | "destroyAt">),
    updateAt: timeOfDay(given["updateAt"]!),
    destroyAt: timeOfDay(given["destroyAt"]!),
  };
  const hours = hoursForBuild(settings);
  if (hours < 1 || hours > longestBuildHours) {
    throw new InputError("schedule", [
      `destroyAt: ${given["destroyAt"]} gives the build of ${given["updateAt"]} ${hours.toFixed(1)} hours; ` +
        `it must be 1 to ${longestBuildHours} hours later, as no session of a role lasts longer than 12`,
    ]);
  }
  return settings;
}

function timeOfDay(text: string): TimeOfDay {
  return { hour: Number(text.slice(0, 2)), minute: Number(text.slice(3)) };
}

/** Hours from the build's start to the destroy that follows it. */
function hoursForBuild({
  updateAt,
  destroyAt,
}: Pick<ScheduleSettings, "updateAt" | "destroyAt">): number {
  const minutes = destroyAt.hour * 60 + destroyAt.minute - (updateAt.hour * 60 + updateAt.minute);
  return ((minutes + 24 * 60) % (24 * 60)) / 60;
}

/** Whole hours of the role's session: a session that ended before the build would end the clean-up too. */
export function sessionHours(times: Pick<ScheduleSettings, "updateAt" | "destroyAt">): number {
  return Math.ceil(hoursForBuild(times)) + 1;
}

/** Every day at that time, as a cron expression in UTC. */
export function dailyCron({ hour, minute }: TimeOfDay): string {
  return `${minute} ${hour} * * *`;
}
