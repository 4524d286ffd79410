import type { provider } from "@pulumi/pulumi";
import { main } from "@pulumi/pulumi/provider/server";
import { receiveConfiguration } from "./configuration";
import { connectEngineLog, resourceLog, type ResourceLog } from "./engineLog";
import {
  changedProperties,
  checkProperties,
  replacingProperties,
  withDefaults,
  type PropertyTable,
} from "./propertyTable";
import { unwrapProperties, type Properties } from "./wireValues";

/** Written by the bundler; the version of the official plugin this one stands in for. */
declare const STAND_IN_VERSION: string;

/** The resource an operation is about. */
export interface Operation {
  /** Name given in the program. */
  readonly name: string;
  /** Id of the resource; empty while it is created. */
  readonly id: string;
  readonly log: ResourceLog;
}

/** A resource after `create`: its id, and its outputs beside the inputs. */
export interface Created {
  readonly id: string;
  readonly outputs: Properties;
}

/** A creation that failed half-way: the engine keeps what was made, and the next run or destroy deletes it. */
export class HalfMade extends Error {
  constructor(
    /** The resource as far as it was made. */
    readonly made: Created,
    reason: string,
  ) {
    super(reason);
  }
}

/**
 * A resource type. Inputs and state come unwrapped and complete (no unknowns, except in `check`). Outputs are laid over
 * the inputs, which go back to the engine untouched so that secrets stay secret. An error from `create` leaves no
 * state unless it is {@link HalfMade}, one from `update` or `delete` leaves the old state.
 */
export interface ResourceType {
  readonly inputs: PropertyTable;
  /** Problems beyond the kinds of the properties. */
  check?(inputs: Properties): provider.CheckFailure[];
  create(inputs: Properties, operation: Operation): Promise<Created>;
  /**
   * Outputs as a refresh finds them, for those that the engine does not send whole: of assets and archives in the
   * state it sends the hash only, and it restores by itself only what is also an input. `gone` if the resource is no
   * longer there.
   */
  read?(state: Properties, operation: Operation): Promise<Properties | "gone">;
  /** Leave out if every change replaces. */
  update?(state: Properties, inputs: Properties, operation: Operation): Promise<Properties>;
  delete?(state: Properties, operation: Operation): Promise<void>;
}

/** A function that programs can invoke. */
export interface FunctionType {
  readonly inputs: PropertyTable;
  invoke(inputs: Properties, log: ResourceLog): Promise<Properties>;
}

/** What a stand-in offers. */
export interface StandIn {
  /** Takes the provider's own configuration, once, before anything else; nested values are JSON text. */
  configure?(config: Readonly<Record<string, string>>): void;
  readonly resources: Readonly<Record<string, ResourceType>>;
  readonly functions?: Readonly<Record<string, FunctionType>>;
  /** Stops what runs. Called when the engine cancels the operation or is gone, and at its normal end. */
  cancel(): Promise<void>;
}

function parseUrn(urn: string): { type: string; name: string } {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
}

function lookUp<T>(table: Readonly<Record<string, T>>, token: string): T {
  const found = table[token];
  if (found === undefined) {
    throw new Error(
      `this stand-in does not know ${token}; it knows ${Object.keys(table).sort().join(", ")}`,
    );
  }
  return found;
}

/** A property bag without what is undefined, which the wire has no value for. */
function defined(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

/**
 * What a refresh tells the engine. If it found inputs changed, the engine gets them as inputs too: what
 * `ignoreChanges` keeps is the old inputs, and they have to be those that the state shows.
 */
function readResult(
  id: string,
  table: PropertyTable,
  state: Properties,
  found: Properties,
): provider.ReadResult {
  const props = defined({ ...state, ...found });
  const drifted = Object.keys(found).some((key) => key in table);
  const inputs = Object.fromEntries(Object.entries(props).filter(([key]) => key in table));
  return { id, props, ...(drifted && { inputs }) };
}

/** The error by which the SDK's server tells the engine of a resource that was made and is not right. */
function initializationError({ made, message }: HalfMade, inputs: Properties): Error {
  return Object.assign(new Error(message), {
    id: made.id,
    properties: defined({ ...inputs, ...made.outputs }),
    reasons: [message],
  });
}

/** The provider of the Pulumi SDK that serves `standIn`. */
export function toProvider(standIn: StandIn, version: string): provider.Provider {
  const open = (urn: string, id = ""): [ResourceType, Operation] => {
    const { type, name } = parseUrn(urn);
    return [lookUp(standIn.resources, type), { name, id, log: resourceLog(urn) }];
  };
  return {
    version,
    check: async (urn, _olds, news: Properties) => {
      const [type] = open(urn);
      const inputs = withDefaults(news, type.inputs);
      const plain = unwrapProperties(inputs);
      const failures = checkProperties(plain, type.inputs);
      return Promise.resolve({
        inputs,
        failures: failures.length > 0 ? failures : (type.check?.(plain) ?? []),
      });
    },
    diff: async (_id, urn, olds: Properties, news: Properties) => {
      const [type] = open(urn);
      const table = type.inputs;
      const inputs = unwrapProperties(news);
      const changed = changedProperties(table, unwrapProperties(olds), inputs);
      const replaces =
        type.update === undefined ? changed : replacingProperties(table, changed, inputs);
      return Promise.resolve({ changes: changed.length > 0, replaces });
    },
    create: async (urn, inputs: Properties) => {
      const [type, operation] = open(urn);
      try {
        const { id, outputs } = await type.create(unwrapProperties(inputs), operation);
        return { id, outs: defined({ ...inputs, ...outputs }) };
      } catch (error) {
        throw error instanceof HalfMade ? initializationError(error, inputs) : error;
      }
    },
    read: async (id, urn, props: Properties) => {
      const [type, operation] = open(urn, id);
      const found = await type.read?.(unwrapProperties(props), operation);
      if (found === "gone") return { id: "", props: {} };
      return readResult(id, type.inputs, props, found ?? {});
    },
    update: async (id, urn, olds: Properties, news: Properties) => {
      const [type, operation] = open(urn, id);
      const state = unwrapProperties(olds);
      const outputs = await type.update?.(state, unwrapProperties(news), operation);
      return { outs: defined({ ...news, ...outputs }) };
    },
    delete: async (id, urn, props: Properties) => {
      const [type, operation] = open(urn, id);
      await type.delete?.(unwrapProperties(props), operation);
    },
    invoke: async (token, args: Properties) => {
      const type = lookUp(standIn.functions ?? {}, token);
      const inputs = unwrapProperties(withDefaults(args, type.inputs));
      const failures = checkProperties(inputs, type.inputs);
      if (failures.length > 0) {
        return { failures, outputs: {} };
      }
      return { outputs: { ...inputs, ...(await type.invoke(inputs, resourceLog(""))) } };
    },
    cancel: () => standIn.cancel(),
  };
}

/** The SDK prints every error it also returns to the engine; shown twice, once with a stack, it only confuses. */
function keepErrorsOffStderr(): void {
  console.error = () => undefined;
}

/** How often to look whether the engine is still there, in milliseconds. */
const ENGINE_CHECK_MS = 250;

/** Ends this process in good order when the engine says so, and when the engine is gone: killed, it tells nobody. */
function endWithEngine(cancel: () => Promise<void>): void {
  const engine = process.ppid;
  const end = (): void => {
    clearInterval(watch);
    void cancel().finally(() => process.exit(0));
  };
  const watch = setInterval(() => {
    if (process.ppid !== engine) {
      end();
    }
  }, ENGINE_CHECK_MS);
  process.once("SIGINT", end).once("SIGTERM", end);
}

/**
 * Serves `standIn` to the engine that started this process.
 *
 * The engine gives its address as the first argument that is not an option, and expects the port on stdout.
 */
export async function serve(standIn: StandIn): Promise<void> {
  const args = process.argv.slice(2);
  const address = args.find((arg) => /^[\w.[\]:-]+:\d+$/.test(arg));
  if (address !== undefined) {
    connectEngineLog(address);
  }
  keepErrorsOffStderr();
  if (standIn.configure !== undefined)
    receiveConfiguration((config) => standIn.configure?.(config));
  endWithEngine(() => standIn.cancel());
  await main(toProvider(standIn, STAND_IN_VERSION), args);
}
