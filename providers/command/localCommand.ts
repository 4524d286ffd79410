import { randomBytes } from "node:crypto";
import type { FunctionType, ResourceType } from "../lib/standIn";
import { lifecycleInputs, type CommandOutput, type LifecycleInputs } from "./commandInputs";
import { localInputs, runLocal, type LocalInputs } from "./localRun";
import type { ProcessGroups } from "./processGroups";

type Inputs = LocalInputs & LifecycleInputs;
type State = Inputs & CommandOutput;

/** `command:local:Command`: commands tied to the creation, change and deletion of a resource. */
export function localCommand(groups: ProcessGroups): ResourceType {
  return {
    inputs: { ...localInputs, ...lifecycleInputs },

    async create(properties, { name, log }) {
      const inputs: Inputs = properties;
      const outputs =
        inputs.create === undefined
          ? { stdout: "", stderr: "" }
          : await runLocal(inputs.create, inputs, {}, groups, log);
      return { id: `${name}${randomBytes(4).toString("hex")}`, outputs };
    },

    async update(state, properties, { log }) {
      const { stdout, stderr, assets, archive } = state;
      const kept = Object.entries({ stdout, stderr, assets, archive });
      const outputs = Object.fromEntries(kept.filter(([, value]) => value !== undefined));
      const inputs: Inputs = properties;
      const command = inputs.update ?? inputs.create;
      return command === undefined
        ? outputs
        : { ...outputs, ...(await runLocal(command, inputs, outputs, groups, log)) };
    },

    async delete(properties, { log }) {
      const state = properties as unknown as State;
      if (state.delete !== undefined) {
        await runLocal(state.delete, state, state, groups, log);
      }
    },
  };
}

/** `command:local:run`: runs a command at every preview and update. */
export function localRunFunction(groups: ProcessGroups): FunctionType {
  return {
    inputs: { ...localInputs, command: { kind: "string", required: true } },
    async invoke(properties, log) {
      const inputs = properties as unknown as LocalInputs & { command: string };
      return runLocal(inputs.command, inputs, {}, groups, log);
    },
  };
}
