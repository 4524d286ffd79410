import { setUp, type Environment } from "../setup";
import { backendOf, type Backend } from "../setup/environment";
import type { Announcer } from "../setup/log";
import type { OwnedResource, StackState } from "./leftovers";
import { readStackState } from "./stackState";

/**
 * The states of the stacks that resources are of, by the stacks' names. One that cannot be read is left out,
 * and it is said why: what it made is then judged by its expiry alone.
 *
 * @param resources those that only a state can tell of; where there are none, nothing is read or set up
 * @param fullName how the user named the stack, where he named one: with its organisation, perhaps
 */
export async function readStates(
  resources: readonly OwnedResource[],
  fullName: string | undefined,
  announce: Announcer,
): Promise<Map<string, StackState>> {
  const states = new Map<string, StackState>();
  const environments = new Map<Backend, Promise<Environment>>();
  for (const stack of new Set(resources.map(({ ownership }) => ownership.stack))) {
    const backend = backendOf(stack, process.env);
    let reason: string | undefined;
    try {
      const environment = environments.get(backend) ?? setUp("cloud", announce, backend);
      environments.set(backend, environment);
      const finding = await readStackState(await environment, fullName ?? stack);
      if ("state" in finding) states.set(stack, finding.state);
      else reason = finding.reason;
    } catch (error) {
      reason = (error as Error).message;
    }
    if (reason !== undefined) {
      announce.line(
        `sweep: no state of stack ${stack} to go by (${reason}); what it made is judged by its expiry alone`,
      );
    }
  }
  return states;
}
