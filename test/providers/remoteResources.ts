import { join } from "node:path";
import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { freePort } from "../support/freePort";
import type { SshServer } from "./sshServer";

type Commands = Record<string, remote.CommandArgs>;
type Copies = Record<string, remote.CopyToRemoteArgs>;
type ConnectionArgs = types.input.remote.ConnectionArgs;

/** What to declare: commands and copies by resource name. */
export interface Declared {
  readonly commands: Commands;
  readonly copies: Copies;
}

/** A program of these resources, with the stdout of the commands as outputs of the stack. */
export function program({ commands, copies }: Declared): pulumi.automation.PulumiFn {
  return () => {
    const outputs = Object.entries(commands).map(([name, args]) => {
      return [name, new remote.Command(name, args).stdout] as const;
    });
    for (const [name, args] of Object.entries(copies)) {
      new remote.CopyToRemote(name, args);
    }
    return Promise.resolve(Object.fromEntries(outputs));
  };
}

/** Inputs of remote resources that use one server and read and write below one folder. */
export class RemoteResources {
  constructor(
    private readonly folder: string,
    private readonly server: SshServer,
  ) {}

  /** The first run. */
  first(): Declared {
    return { commands: this.#commands(), copies: this.#copies() };
  }

  /** The second run: of `simple` and `text` only the connection differs. */
  second(): Declared {
    const { commands, copies } = this.first();
    const connection = this.#login({ dialErrorLimit: 4 });
    return {
      commands: { ...commands, simple: { ...commands["simple"], connection } },
      copies: { ...copies, text: { ...copies["text"], connection } as remote.CopyToRemoteArgs },
    };
  }

  /** The first run with resources that fail, each in its own way. */
  async failing(): Promise<Declared> {
    const { commands, copies } = this.first();
    const closed = await freePort();
    return {
      commands: { ...commands, ...this.#failingCommands(closed) },
      copies: { ...copies, ...this.#failingCopies() },
    };
  }

  #login(more: Partial<ConnectionArgs> = {}): ConnectionArgs {
    return {
      host: "127.0.0.1",
      port: this.server.port,
      user: this.server.user,
      privateKey: this.server.key("client"),
      dialErrorLimit: 3,
      ...more,
    };
  }

  #commands(): Commands {
    return {
      simple: {
        connection: this.#login(),
        create: `echo out; echo err >&2; echo create >> '${this.#at("simple")}'`,
        delete: `echo delete >> '${this.#at("simple")}'`,
      },
      locked: {
        connection: this.#login({
          privateKey: this.server.key("locked-client"),
          privateKeyPassword: "open sesame",
        }),
        create: "cat; echo $TEST_A",
        stdin: "from stdin\n",
        environment: { TEST_A: 'it\'s $A "quoted"' },
      },
      pinned: {
        connection: this.#login({ hostKey: this.server.key("host.pub") }),
        create: "echo pinned",
      },
      proxied: {
        connection: this.#login({
          proxy: {
            host: "127.0.0.1",
            port: this.server.port,
            user: this.server.user,
            privateKey: this.server.key("client"),
          },
        }),
        create: "echo $SSH_CONNECTION | cut -d' ' -f1,3",
      },
      quiet: {
        connection: this.#login(),
        create: "head -c 70000 /dev/zero | tr '\\0' x",
        logging: "none",
      },
    };
  }

  #copies(): Copies {
    return {
      file: {
        connection: this.#login(),
        source: new pulumi.asset.FileAsset(this.#at("source/one.txt")),
        remotePath: this.#at("deep/er/one.txt"),
      },
      intoFolder: {
        connection: this.#login(),
        source: new pulumi.asset.FileAsset(this.#at("source/one.txt")),
        remotePath: this.#at("there"),
      },
      folder: {
        connection: this.#login(),
        source: new pulumi.asset.FileArchive(this.#at("source")),
        remotePath: this.#at("copies"),
      },
      text: {
        connection: this.#login(),
        source: new pulumi.asset.StringAsset("some text\n"),
        remotePath: this.#at("texts/text.txt"),
      },
    };
  }

  #failingCommands(closedPort: number): Commands {
    return {
      pinned: {
        connection: this.#login({ hostKey: this.server.key("other-host.pub"), dialErrorLimit: 1 }),
        create: "echo wrong host",
      },
      wrong: { connection: this.#login(), create: "echo half; echo wrong >&2; exit 255" },
      killed: { connection: this.#login(), create: "kill -9 $$" },
      refused: {
        connection: this.#login(),
        create: `touch '${this.#at("refused")}'`,
        environment: { OTHER: "x" },
      },
      unreachable: {
        connection: this.#login({ port: closedPort, dialErrorLimit: 2 }),
        create: "echo never",
      },
      stranger: {
        connection: this.#login({ privateKey: this.server.key("other-host"), dialErrorLimit: 0 }),
        create: "echo never",
      },
      deadAgent: {
        connection: this.#login({ agentSocketPath: "/no/agent" }),
        create: "echo never",
      },
      noKey: { connection: this.#login({ privateKey: "no key" }), create: "echo never" },
      tooLong: { connection: this.#login(), create: "head -c 70000 /dev/zero; sleep 60" },
    };
  }

  #failingCopies(): Copies {
    return {
      ontoFile: {
        connection: this.#login(),
        source: new pulumi.asset.FileArchive(this.#at("source/")),
        remotePath: this.#at("texts/text.txt"),
      },
      textOntoFolder: {
        connection: this.#login(),
        source: new pulumi.asset.StringAsset("x"),
        remotePath: this.#at("there"),
      },
    };
  }

  #at(file: string): string {
    return join(this.folder, file);
  }
}
