import assert from "node:assert/strict";

import { InputError } from "../../formats/problems";

/** The problems something is refused for. */
export async function problemsOf(attempt: Promise<unknown>): Promise<readonly string[]> {
  try {
    await attempt;
  } catch (error) {
    assert.ok(error instanceof InputError, `not an InputError: ${String(error)}`);
    return error.problems;
  }
  return assert.fail("nothing was refused");
}
