import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { FunctionType, ResourceType } from "../lib/standIn";
import type { Properties } from "../lib/wireValues";
import { lifecycleInputs, type CommandOutput, type LifecycleInputs } from "./commandInputs";
import { localInputs, runLocal, type LocalInputs } from "./localRun";
import { outputFiles } from "./outputGlobs";
import type { ProcessGroups } from "./processGroups";

type Inputs = LocalInputs & LifecycleInputs;
type State = Inputs & CommandOutput;

/** The files that the command left, if its folder is still there. */
async function foundFiles({ dir, assetPaths, archivePaths }: LocalInputs): Promise<Properties> {
  const folder = resolve(dir ?? ".");
  return existsSync(folder) ? outputFiles(folder, assetPaths, archivePaths) : {};
}

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

    read: (state) => foundFiles(state),

    async update(state, properties, { log }) {
      const { stdout, stderr } = state as unknown as State;
      const inputs: Inputs = properties;
      const command = inputs.update ?? inputs.create;
      return command === undefined
        ? { stdout, stderr, ...(await foundFiles(inputs)) }
        : await runLocal(command, inputs, { stdout, stderr }, groups, log);
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
