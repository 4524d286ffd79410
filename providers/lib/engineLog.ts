import { info, warn } from "@pulumi/pulumi/log";
import { output } from "@pulumi/pulumi/output";
import type { Resource } from "@pulumi/pulumi/resource";
import { resetOptions } from "@pulumi/pulumi/runtime/settings";

/** Writes to the display of the engine, under one resource. Lines arrive in the order they were given. */
export interface ResourceLog {
  /** A line of progress: shown live beside the resource, not repeated in the final diagnostics. */
  status(line: string): void;
  /** A warning that stays in the diagnostics. */
  warn(message: string): void;
  /** Resolves when everything given so far has reached the engine. */
  flush(): Promise<void>;
}

/**
 * Connects the log of the Pulumi SDK to the engine at `address`.
 *
 * The SDK does this itself for programs and component providers only, so a provider of custom resources has to.
 */
export function connectEngineLog(address: string): void {
  resetOptions("", "", 1, address, "", false, "");
}

/** The log of the resource with this URN; an empty URN stands for the stack itself. */
export function resourceLog(urn: string): ResourceLog {
  const resource = urn === "" ? undefined : ({ urn: output(urn) } as Resource);
  let last: Promise<void> = Promise.resolve();
  return {
    status: (line) => {
      last = info(line, resource, undefined, true);
    },
    warn: (message) => {
      last = warn(message, resource);
    },
    flush: () => last,
  };
}
