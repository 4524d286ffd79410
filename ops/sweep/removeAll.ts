import { resourceKinds, type Leftover } from "./leftovers";
import { removeLeftover, type AwsClients } from "./removeLeftover";

/** A leftover that is still there, and what AWS says. */
export interface RemovalFailure {
  readonly leftover: Leftover;
  readonly reason: string;
}

/** Deletions at once: AWS throttles beyond, and instances take minutes to end. */
const parallel = 8;

/**
 * Deletes leftovers of one place: all of a kind, then all of the next, in the order AWS accepts. One that
 * cannot be deleted does not keep the others.
 */
export async function removeAll(
  clients: AwsClients,
  leftovers: readonly Leftover[],
): Promise<RemovalFailure[]> {
  const failures: RemovalFailure[] = [];
  for (const kind of resourceKinds) {
    const queue = leftovers.filter((leftover) => leftover.kind === kind);
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const leftover = next;
        await removeLeftover(clients, leftover).catch((error: Error) => {
          failures.push({ leftover, reason: `${error.name}: ${error.message.split("\n")[0]}` });
        });
      }
    };
    await Promise.all(Array.from({ length: parallel }, work));
  }
  return failures;
}
