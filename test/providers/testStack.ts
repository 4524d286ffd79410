import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  LocalWorkspace,
  type EngineEvent,
  type OutputMap,
  type PulumiFn,
  type Stack,
  type UpOptions,
} from "@pulumi/pulumi/automation";
import { installStandIn, type StandInName } from "../../providers/install";

/** A resource as it is in state; secrets are still encrypted. */
export interface StoredResource {
  readonly urn: string;
  readonly id?: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
}

/** What an operation showed and left behind. */
export interface Ran {
  /** Outputs of the stack; empty if the operation failed. */
  readonly outputs: OutputMap;
  readonly events: readonly EngineEvent[];
  /** Everything the CLI printed if the operation failed, else "". */
  readonly failure: string;
}

const nameOf = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

async function makeStack(
  folder: string,
  plugins: readonly StandInName[],
  variables: Readonly<Record<string, string>>,
): Promise<Stack> {
  const pulumiHome = join(folder, "home");
  for (const plugin of plugins) {
    await installStandIn(plugin, pulumiHome);
  }
  mkdirSync(join(folder, "state"));
  mkdirSync(join(folder, "project"));
  return LocalWorkspace.createStack(
    { stackName: "test", projectName: "stand-ins", program: () => Promise.resolve() },
    {
      pulumiHome,
      workDir: join(folder, "project"),
      envVars: {
        PULUMI_BACKEND_URL: `file://${folder}/state`,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_SKIP_UPDATE_CHECK: "1",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "1",
        SSH_AUTH_SOCK: "",
        ...variables,
      },
    },
  );
}

/** A throw-away stack with file state, a PULUMI_HOME of its own and stand-ins as its only plugins. */
export class TestStack {
  private constructor(
    /** Private folder of the stack, for files its commands write. */
    readonly folder: string,
    private readonly stack: Stack,
  ) {}

  static make(...plugins: StandInName[]): Promise<TestStack> {
    return TestStack.makeWith({}, ...plugins);
  }

  /** The same, with variables for the engine and its plugins. */
  static async makeWith(
    variables: Readonly<Record<string, string>>,
    ...plugins: StandInName[]
  ): Promise<TestStack> {
    const folder = mkdtempSync(join(tmpdir(), "ami2box-stand-in-"));
    try {
      return new TestStack(folder, await makeStack(folder, plugins, variables));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Brings the stack up as far as it goes: what does not depend on a failed resource is still done. */
  async up(program: PulumiFn, options: UpOptions = {}): Promise<Ran> {
    const events: EngineEvent[] = [];
    const onEvent = (event: EngineEvent): void => void events.push(event);
    try {
      const all = { program, onEvent, continueOnError: true, ...options };
      return { outputs: (await this.stack.up(all)).outputs, events, failure: "" };
    } catch (error) {
      return { outputs: {}, events, failure: (error as Error).message };
    }
  }

  async preview(program: PulumiFn): Promise<void> {
    await this.stack.preview({ program });
  }

  async refresh(): Promise<void> {
    await this.stack.refresh();
  }

  /** Destroys everything; returns what the CLI printed if that failed, else "". */
  async destroy(): Promise<string> {
    try {
      await this.stack.destroy();
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Sets the stack's configuration, such as `aws:region`. */
  async configure(key: string, value: string): Promise<void> {
    await this.stack.setConfig(key, { value });
  }

  /** Path of the state file. */
  get stateFile(): string {
    return join(this.folder, "state/.pulumi/stacks/stand-ins/test.json");
  }

  /** What is in the state file, by resource name. */
  state(): ReadonlyMap<string, StoredResource> {
    const { checkpoint } = JSON.parse(readFileSync(this.stateFile, "utf8")) as {
      checkpoint: { latest?: { resources?: StoredResource[] } };
    };
    const resources = checkpoint.latest?.resources ?? [];
    return new Map(resources.map((resource) => [nameOf(resource.urn), resource]));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The lines logged live for a resource. */
export function loggedLines({ events }: Ran, name: string): string[] {
  return events.flatMap(({ diagnosticEvent: event }) =>
    event?.ephemeral === true && nameOf(event.urn ?? "") === name ? [event.message.trimEnd()] : [],
  );
}

/** What the engine did to a resource, in order: `create`, `update`, `same`, `create-replacement`, ... */
export function steps({ events }: Ran, name: string): string[] {
  return events.flatMap(({ resourcePreEvent: event }) =>
    event !== undefined && nameOf(event.metadata.urn) === name ? [event.metadata.op] : [],
  );
}
