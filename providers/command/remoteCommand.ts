import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { constants } from "node:os";
import { promisify } from "node:util";
import type { ClientChannel, ExecOptions } from "ssh2";
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

type Inputs = CommonInputs & LifecycleInputs & { readonly connection: Connection };
type State = Inputs & CommandOutput;

/** How a remote process ended, as Go's SSH library says it; undefined if it ended well. */
function describeExit(code: number | null | undefined, signal?: string): string | undefined {
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
    const exec: (text: string, options: ExecOptions) => Promise<ClientChannel> = promisify(
      client.exec.bind(client),
    );
    const channel = await exec(command, { env });
    const output = new OutputCollector(inputs.logging, log, () => client.end());
    channel.on("data", (chunk: Buffer) => {
      output.take("stdout", chunk);
    });
    channel.stderr.on("data", (chunk: Buffer) => {
      output.take("stderr", chunk);
    });
    channel.on("error", () => undefined);
    let exit: [(number | null)?, string?] = [];
    channel.on("exit", (...how: [number | null, string?]) => {
      exit = how;
    });
    channel.end(inputs.stdin ?? "");
    await once(channel, "close");
    return await output.finish(command, describeExit(...exit));
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
