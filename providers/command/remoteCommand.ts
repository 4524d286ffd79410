import { randomBytes } from "node:crypto";
import { constants } from "node:os";
import type { ResourceLog } from "../lib/engineLog";
import type { ResourceType } from "../lib/standIn";
import {
  commonInputs,
  lifecycleInputs,
  previousOutput,
  type CommandOutput,
  type CommonInputs,
  type LifecycleInputs,
} from "./commandInputs";
import { OutputCollector } from "./commandOutput";
import type { Connection } from "./remoteConnection";
import { dial } from "./remoteDial";
import { acceptedEnvironment } from "./remoteEnvironment";
import { execRemote, type RemoteExit } from "./remoteExec";

type Inputs = CommonInputs & LifecycleInputs & { readonly connection: Connection };
type State = Inputs & CommandOutput;

/** How a remote process ended, as Go's SSH library says it; undefined if it ended well. */
function describeExit([code, signal]: RemoteExit): string | undefined {
  if (code === undefined) {
    return "wait: remote command exited without exit status or exit signal";
  }
  if (code !== null) {
    return code === 0 ? undefined : `Process exited with status ${String(code)}`;
  }
  const name = (signal ?? "").replace(/^SIG/, "");
  const number = constants.signals[`SIG${name}` as NodeJS.Signals] ?? 0;
  return `Process exited with status ${String(128 + number)} from signal ${name}`;
}

async function runRemote(
  command: string,
  inputs: Inputs,
  previous: Partial<CommandOutput>,
  log: ResourceLog,
  signal: AbortSignal,
): Promise<CommandOutput> {
  const client = await dial(inputs.connection, log, signal);
  try {
    const env = await acceptedEnvironment(
      client,
      inputs.environment ?? {},
      previousOutput(inputs, previous),
      log,
    );
    const output = new OutputCollector(inputs.logging, log, () => client.end());
    const exit = await execRemote(client, command, env, inputs.stdin ?? "", (stream, chunk) => {
      output.take(stream, chunk);
    });
    return await output.finish(command, describeExit(exit));
  } finally {
    client.end();
  }
}

/**
 * `command:remote:Command`: commands on another machine, over SSH.
 *
 * @param signal - cancels dialing only: a remote command that runs cannot be stopped, as with the official plugin
 */
export function remoteCommand(signal: AbortSignal): ResourceType {
  return {
    inputs: {
      ...commonInputs,
      ...lifecycleInputs,
      connection: { kind: "object", required: true },
    },

    async create(properties, { name, log }) {
      const inputs = properties as unknown as Inputs;
      const outputs =
        inputs.create === undefined
          ? { stdout: "", stderr: "" }
          : await runRemote(inputs.create, inputs, {}, log, signal);
      return { id: `${name}${randomBytes(4).toString("hex")}`, outputs: { ...outputs } };
    },

    async update(properties, news, { log }) {
      const { stdout, stderr } = properties as unknown as State;
      const inputs = news as unknown as Inputs;
      const command = inputs.update ?? inputs.create;
      return command === undefined
        ? { stdout, stderr }
        : { ...(await runRemote(command, inputs, { stdout, stderr }, log, signal)) };
    },

    async delete(properties, { log }) {
      const state = properties as unknown as State;
      if (state.delete !== undefined) {
        await runRemote(state.delete, state, state, log, signal);
      }
    },
  };
}
