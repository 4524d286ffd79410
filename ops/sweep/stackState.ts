import type { Environment } from "../setup";
import { runPulumi } from "../nightly/pulumiCommand";
import type { StackState } from "./leftovers";

/** What is known of a stack's state: what it holds, or why it cannot be known. */
export type StateFinding = { readonly state: StackState } | { readonly reason: string };

/** A deployment as `pulumi stack export` prints it, as far as it matters here. */
interface Export {
  readonly deployment?: {
    readonly resources?: readonly unknown[];
    readonly pending_operations?: readonly unknown[];
  };
}

/** Reads the state of a stack in the backend that the environment leads to, and changes nothing. */
export async function readStackState(
  { root, variables }: Environment,
  stack: string,
): Promise<StateFinding> {
  const pulumi = (...args: string[]): Promise<string> =>
    runPulumi(args, { environment: variables, directory: root, onLine: () => undefined });
  try {
    const { url = "" } = JSON.parse(await pulumi("whoami", "--json")) as { url?: string };
    const exported = await pulumi("stack", "export", "--stack", stack);
    return stateOf(JSON.parse(exported) as Export, !url.startsWith("file:"));
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** What an exported deployment says. */
export function stateOf({ deployment = {} }: Export, isShared: boolean): StateFinding {
  if ((deployment.pending_operations ?? []).length > 0) {
    return { reason: "a build is at work, or was cut off: pulumi refresh tells what it made" };
  }
  const names = new Set<string>();
  collectTexts(deployment.resources ?? [], names);
  return { state: { names, isShared } };
}

/** Ids stand in many places: a resource's own, its root disk's, the snapshots' of an image. */
function collectTexts(value: unknown, into: Set<string>): void {
  if (typeof value === "string") into.add(value);
  else if (value !== null && typeof value === "object") {
    for (const part of Object.values(value)) collectTexts(part, into);
  }
}
