import { setTimeout as delay } from "node:timers/promises";

import { AwsError } from "./awsError";

export interface Fault {
  /** How many calls of the action are let through before; none by default. */
  readonly after?: number;
  /** How many calls fail then; 1 by default. */
  readonly times?: number;
  /** AWS's code of the error; UnauthorizedOperation by default, which no client tries again. */
  readonly code?: string;
  readonly message?: string;
  /** HTTP status; 403 by default. */
  readonly status?: number;
}

interface PendingFault {
  skip: number;
  left: number;
  readonly error: AwsError;
}

/** Failures and delays on request, by the name of an action (`RunInstances`, `PutObject`, ...). */
export class Faults {
  private readonly pending = new Map<string, PendingFault[]>();
  private readonly delays = new Map<string, number>();

  /** Lets calls of an action fail. */
  public fail(action: string, fault: Fault = {}): void {
    const { code = "UnauthorizedOperation", status = 403 } = fault;
    const message = fault.message ?? `${action} failed because the test wants it to`;
    const made = {
      skip: fault.after ?? 0,
      left: fault.times ?? 1,
      error: new AwsError(code, message, status),
    };
    this.pending.set(action, [...(this.pending.get(action) ?? []), made]);
  }

  /** Holds every call of an action back for so many milliseconds. */
  public delay(action: string, milliseconds: number): void {
    this.delays.set(action, milliseconds);
  }

  public clear(): void {
    this.pending.clear();
    this.delays.clear();
  }

  /** @throws AwsError when this call is one of those to fail */
  public async meet(action: string): Promise<void> {
    await delay(this.delays.get(action) ?? 0);
    const fault = this.pending.get(action)?.find(({ left }) => left > 0);
    if (fault === undefined) return;
    if (fault.skip > 0) {
      fault.skip -= 1;
      return;
    }
    fault.left -= 1;
    throw fault.error;
  }
}
