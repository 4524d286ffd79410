import { shown } from "../formats/problems";

type Raw = Readonly<Record<string, unknown>>;

/** One box of a stack, by its raw settings. */
export interface BoxEntry {
  /** The stack's settings with the box's own laid over. */
  readonly raw: Record<string, unknown>;
  /** What the list has for it alone. */
  readonly own: Raw;
}

/** The boxes of a stack, and what is wrong with the list itself. */
export interface BoxList {
  readonly entries: readonly BoxEntry[];
  readonly problems: readonly string[];
}

/** The groups of settings that a box may have for itself. */
const groups = ["source", "provisioning", "box", "worker"] as const;

/** The settings of machines that are of all boxes of a stack. */
const sharedOfWorker = [
  "workDirectory",
  "host",
  "port",
  "hostKey",
  "privateKeyFile",
  "lifetimeHours",
  "sshCidr",
  "subnetId",
];

/** Whether a stack lists boxes; otherwise it has the one that its settings are of. */
export function listsBoxes(raw: Raw): boolean {
  return raw["boxes"] !== undefined;
}

/** Reads the setting `boxes`: what is there for each box, laid over what is there for all. */
export function readBoxList(raw: Raw): BoxList {
  const { boxes, ...shared } = raw;
  if (!Array.isArray(boxes) || boxes.length === 0) {
    return {
      entries: [],
      problems: [
        `boxes: ${shown(boxes)} is not allowed; it must be a list with a group of settings for each box, or left out`,
      ],
    };
  }
  const problems: string[] = [];
  const entries = boxes.map((given: unknown, index): BoxEntry => {
    if (!isGroup(given)) {
      problems.push(
        `boxes[${index}]: ${shown(given)} is not allowed; it must be a group of settings with ${groups.join(", ")}`,
      );
      return { raw: { ...shared }, own: {} };
    }
    problems.push(...entryProblems(given).map((text) => `boxes[${index}].${text}`));
    return { raw: overlay(shared, given), own: given };
  });
  return { entries, problems };
}

function entryProblems(entry: Raw): string[] {
  const worker = isGroup(entry["worker"]) ? entry["worker"] : {};
  return [
    ...Object.keys(entry)
      .filter((key) => !(groups as readonly string[]).includes(key))
      .map((key) => `${key}: is not of one box; allowed: ${groups.join(", ")}`),
    ...sharedOfWorker
      .filter((key) => key in worker)
      .map((key) => `worker.${key}: is of all boxes of the stack; set it outside of the list`),
  ];
}

/** The stack's settings with a box's own laid over: group by group, name by name. */
function overlay(shared: Raw, own: Raw): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...shared };
  for (const name of groups) {
    if (!(name in own)) continue;
    merged[name] =
      name === "source" ? source(shared[name], own[name]) : join(shared[name], own[name]);
  }
  return merged;
}

/** A source of another type than the stack's has nothing of it. */
function source(shared: unknown, own: unknown): unknown {
  if (!isGroup(shared) || !isGroup(own)) return own;
  const { type } = own;
  return type === undefined || type === shared["type"] ? { ...shared, ...own } : own;
}

function join(shared: unknown, own: unknown): unknown {
  if (!isGroup(shared) || !isGroup(own)) return own;
  return Object.fromEntries(
    [...new Set([...Object.keys(shared), ...Object.keys(own)])].map((key) => [
      key,
      key in own ? join(shared[key], own[key]) : shared[key],
    ]),
  );
}

function isGroup(value: unknown): value is Raw {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/**
 * Puts the problems of all boxes together: one that all of them have from the stack's own settings is told
 * once; the others say which box they are of.
 *
 * @param shared the stack's settings
 * @param found of each box the problems of its settings, each beginning with its path
 */
export function problemsOfBoxes(
  shared: Raw,
  entries: readonly BoxEntry[],
  found: readonly (readonly string[])[],
): string[] {
  const told = new Set<string>();
  return found.flatMap((problems, index) =>
    problems.flatMap((text) => {
      const path = /^[^:\s]+/.exec(text)?.[0] ?? "";
      const ofAll =
        found.every((others) => others.includes(text)) &&
        entries.every(({ own }) => !has(own, path)) &&
        (has(shared, path) || !/^(source|provisioning|box)(\.|$)/.test(path));
      if (!ofAll) return [`boxes[${index}].${text}`];
      if (told.has(text)) return [];
      told.add(text);
      return [text];
    }),
  );
}

/** Whether a box sets what a path leads to, or a part of it. */
function has(own: Raw, path: string): boolean {
  let at: unknown = own;
  for (const key of path.split(".")) {
    if (Array.isArray(at)) return true;
    if (!isGroup(at) || !(key in at)) return false;
    at = at[key];
  }
  return true;
}
