import * as pulumi from "@pulumi/pulumi";

/** One resource as the program registered it. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What the engine would have been told of a resource besides its inputs. */
export interface RegistrationOptions {
  /** URN of the parent; empty for none. */
  readonly parent: string;
  /** URNs of all resources it waits for. */
  readonly dependencies: readonly string[];
  /** URN of the resource whose end is this one's too; empty for none. */
  readonly deletedWith: string;
  /** URNs of the resources whose replacement replaces this one. */
  readonly replaceWith: readonly string[];
  readonly retainOnDelete: boolean;
}

const localCommand = "command:local:Command";

/** Options of a recording. */
export interface RecordingOptions {
  /** A preview in which this command has still to run, so that nobody knows what it will print. */
  readonly notYetRun?: string;
  /** What each stage prints besides the usual. */
  readonly facts?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What resources of other types get from their provider. */
  readonly outputsOf?: (registration: Registration) => Readonly<Record<string, unknown>>;
  /** What local commands print, in place of what a stage does. */
  readonly localOutput?: (name: string) => string;
}

/** Everything a program registered while it ran against Pulumi's mocks. */
export class RecordedStack {
  public readonly registrations: Registration[] = [];
  /** `begin NAME` and `end NAME` of each local command, in the order they happened. */
  public readonly moments: string[] = [];
  private readonly options = new Map<string, RegistrationOptions>();

  /** Runs a program and waits until all it declared is registered. */
  public static async of(
    program: (stack: RecordedStack) => unknown,
    options: RecordingOptions = {},
  ): Promise<RecordedStack> {
    const stack = new RecordedStack();
    const isPreview = options.notYetRun !== undefined;
    await pulumi.runtime.setMocks(stack.mocks(options), "ami2box", "test", isPreview);
    stack.recordOptions();
    await program(stack);
    await pulumi.runtime.disconnect();
    return stack;
  }

  /** The only resource of that name. */
  public get(name: string): Registration {
    const found = this.registrations.filter((each) => each.name === name);
    if (found.length !== 1) throw new Error(`${found.length} resources are called ${name}`);
    return found[0]!;
  }

  public optionsOf(name: string): RegistrationOptions {
    const options = this.options.get(name);
    if (options === undefined) throw new Error(`no resource is called ${name}`);
    return options;
  }

  /** Names of the local commands, in the order they were registered. */
  public get commands(): string[] {
    return this.registrations.filter(({ type }) => type === localCommand).map(({ name }) => name);
  }

  /** The command line of a local command. */
  public create(name: string): string {
    return String(this.get(name).inputs["create"]);
  }

  /** Whether a command's line is known, or waits for what another one prints. */
  public isKnown(name: string): boolean {
    return typeof this.get(name).inputs["create"] === "string";
  }

  private mocks({
    notYetRun,
    facts = {},
    outputsOf,
    localOutput,
  }: RecordingOptions): pulumi.runtime.Mocks {
    return {
      call: ({ token }) => {
        throw new Error(`the program calls ${token}, which no test expects`);
      },
      newResource: async ({ type, name, inputs }) => {
        this.registrations.push({ type, name, inputs: inputs as Record<string, unknown> });
        if (type !== localCommand) {
          const given = outputsOf?.({ type, name, inputs: inputs as Record<string, unknown> });
          return given === undefined
            ? { id: undefined, state: {} }
            : { id: `${name}-id`, state: { ...inputs, ...given } as object };
        }
        this.moments.push(`begin ${name}`);
        // Long enough for another command to begin, if nothing keeps it from it.
        await new Promise((resolve) => setTimeout(resolve, 5));
        this.moments.push(`end ${name}`);
        if (name === notYetRun || !this.isKnown(name)) {
          return { id: name, state: { ...inputs } as object };
        }
        const stdout = localOutput?.(name) ?? stdoutOf(name, facts);
        return { id: name, state: { ...inputs, stdout } as object };
      },
    };
  }

  /** The mocks are not told of a resource's options: they are read from what goes to the monitor. */
  private recordOptions(): void {
    const monitor = pulumi.runtime.getMonitor() as unknown as {
      registerResource: (request: RegisterRequest, ...rest: unknown[]) => unknown;
    };
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, ...rest) => {
      this.options.set(request.getName(), {
        parent: request.getParent(),
        dependencies: request.getDependenciesList(),
        deletedWith: request.getDeletedwith(),
        replaceWith: request.getReplaceWithList(),
        retainOnDelete: request.getRetainondelete() ?? false,
      });
      return register(request, ...rest);
    };
  }
}

interface RegisterRequest {
  getName(): string;
  getParent(): string;
  getDependenciesList(): string[];
  getDeletedwith(): string;
  getReplaceWithList(): string[];
  getRetainondelete(): boolean | undefined;
}

/** The stage of a command, told by its name: `box-raw-disk` runs `raw-disk`, `box-arm64-box-libvirt` `box`. */
function stageOf(name: string): string {
  if (name.endsWith("-checks")) return "preflight";
  return name.replace(/^([^:]*:)?[a-z]+-(arm64-)?/, "").replace(/-libvirt$/, "");
}

/** What a stage prints. */
export function stdoutOf(name: string, facts?: RecordingOptions["facts"]): string {
  if (name.endsWith("-directory")) return "";
  const stage = stageOf(name);
  return JSON.stringify({
    stage,
    seconds: 1.5,
    path: `/made/${stage}`,
    inputBytes: 1000,
    outputBytes: 2000,
    sha256: `sha256-of-${stage}`,
    ...(stage === "provision" && { epoch: 1700000000, fixes: [] }),
    ...(stage === "publish" && {
      boxUrl: "file:///out/demo/1.0.0/virtualbox-amd64.box",
      catalogUrl: "file:///out/demo/catalog.json",
      reportUrl: "file:///out/demo/1.0.0/report.html",
    }),
    ...facts?.[stage],
  });
}

/** The value of an output. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value)));
}

/** The variables a stage's command line sets, read by a real shell's rules for single quotes. */
export function variablesOf(commandLine: string): Record<string, string> {
  const variables: Record<string, string> = {};
  let rest = commandLine;
  for (;;) {
    const match = /^([A-Z][A-Z0-9_]*)=((?:'[^']*'|\\')*) /.exec(rest);
    if (match === null) return variables;
    variables[match[1]!] = match[2]!.replace(/'([^']*)'|\\'/g, (_, text?: string) => text ?? "'");
    rest = rest.slice(match[0].length);
  }
}
