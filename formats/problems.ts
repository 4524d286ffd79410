/**
 * Bad input, with every problem found in it.
 *
 * Each problem is one sentence: what was wrong, the value given, and what is allowed or how to mend
 * it. The message is the subject followed by the problems, so a user mends them all in one go.
 */
export class InputError extends Error {
  /** One sentence a problem, in the order found. */
  readonly problems: readonly string[];

  constructor(subject: string, problems: readonly string[]) {
    super(
      problems.length === 1
        ? `${subject}: ${problems[0] ?? ""}`
        : `${subject}: ${problems.length} problems:\n${problems.map((text) => `  - ${text}`).join("\n")}`,
    );
    this.name = "InputError";
    this.problems = problems;
  }
}

/** Throws an {@link InputError} unless `problems` is empty. */
export function throwIfAny(subject: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new InputError(subject, problems);
}

/** A value as it appears in a message: JSON, cut to 60 characters. */
export function shown(value: unknown): string {
  const text = typeof value === "bigint" ? `${value}` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
