/** Name of an AWS error, such as `InvalidVolume.NotFound`; empty for what is none. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** Whether AWS says that the thing is not there. */
export function isNotFound(error: unknown): boolean {
  return /NotFound|^NoSuchEntity|^InvalidAMIID\.Unavailable|^InvalidKeyPair/.test(errorName(error));
}

/** Runs a deletion; what is gone already counts as deleted. */
export async function forgivingAbsence(deletion: () => Promise<unknown>): Promise<void> {
  try {
    await deletion();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** The error with what was tried before it, as the official plugin words it. */
export function whileDoing(what: string, error: unknown): Error {
  return new Error(`${what}: ${(error as Error).message}`, { cause: error });
}
