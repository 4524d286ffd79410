import * as pulumi from "@pulumi/pulumi";

import { awsPlaceOf, type AwsPlace } from "./aws/awsPlace";

const prefix = "ami2box:";

/**
 * The raw settings of the stack the program runs for: every key under `ami2box:`, so that one that is
 * no setting is seen too. Values that are objects or lists arrive as JSON text.
 */
export function readStackSettings(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), parseIfJson(value)]),
  );
}

function parseIfJson(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Region and profile of the stack the program runs for. */
export function readAwsPlace(): AwsPlace {
  return awsPlaceOf(pulumi.runtime.allConfig(), process.env);
}
