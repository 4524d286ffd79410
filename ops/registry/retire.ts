import type { RegistryStore } from "../publish/registryStore";
import { prune, prunedText } from "./prune";
import { stackRegistry, type StackRegistry } from "./place";

/**
 * Removes the versions of boxes that are too old, after new ones were published. That it fails is told and keeps
 * nobody from the boxes.
 *
 * @returns what was done, in a sentence for each box of which anything was
 */
export async function retireVersions({ store, boxes, keep }: StackRegistry): Promise<string[]> {
  if (keep === undefined) return [];
  const said: string[] = [];
  for (const box of boxes) said.push(...(await retireBox(store, box, keep)));
  return said;
}

/** The same for the boxes of a stack, where its settings say. */
export async function retireVersionsOf(stack: string, root: string): Promise<string[]> {
  try {
    const registry = stackRegistry(stack, root, process.env);
    return registry === undefined ? [] : await retireVersions(registry);
  } catch (error) {
    return [`OLD VERSIONS COULD NOT BE REMOVED: ${(error as Error).message}`];
  }
}

async function retireBox(store: RegistryStore, box: string, keep: number): Promise<string[]> {
  try {
    // A box of the list that was never made has nothing to remove.
    if ((await store.readCatalog(box)) === undefined) return [];
    const removed = prunedText(await prune(store, box, { keep, now: new Date() }));
    return removed === undefined ? [] : [`old versions of ${box} removed: ${removed}`];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [`OLD VERSIONS OF ${box} COULD NOT BE REMOVED: ${reason}`];
  }
}
