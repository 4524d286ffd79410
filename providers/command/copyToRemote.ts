import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { SFTPWrapper } from "ssh2";
import type { ResourceLog } from "../lib/engineLog";
import type { ResourceType } from "../lib/standIn";
import { asArchive, asAsset, sameValue } from "../lib/wireValues";
import type { Connection } from "./remoteConnection";
import { RemoteCopy } from "./remoteCopy";
import { dial } from "./remoteDial";

interface Inputs {
  readonly connection: Connection;
  readonly source: unknown;
  readonly remotePath: string;
}

async function copy(inputs: Inputs, log: ResourceLog, signal: AbortSignal): Promise<void> {
  const { path, text } = { ...asAsset(inputs.source), ...asArchive(inputs.source) };
  const client = await dial(inputs.connection, log, signal);
  try {
    const sftp: SFTPWrapper = await promisify(client.sftp.bind(client))();
    const remote = new RemoteCopy(sftp);
    await (path === undefined || path === ""
      ? remote.copyText(text ?? "", inputs.remotePath)
      : remote.copyPath(path, inputs.remotePath));
  } finally {
    client.end();
  }
}

/** `command:remote:CopyToRemote`: a file, folder or text copied to another machine. Nothing is removed on delete. */
export function copyToRemote(signal: AbortSignal): ResourceType {
  return {
    inputs: {
      connection: { kind: "object", required: true },
      source: { kind: "asset or archive", required: true },
      remotePath: { kind: "string", required: true },
      triggers: { kind: "list", replaces: true },
    },

    check({ source }) {
      const asset = asAsset(source);
      const archive = asArchive(source);
      if (asset !== undefined && asset.path === undefined && asset.text === undefined) {
        const reason = "asset must be a path-based file asset or a text asset";
        return [{ property: "asset", reason }];
      }
      return archive !== undefined && archive.path === undefined
        ? [{ property: "archive", reason: "archive must be a path to a file or directory" }]
        : [];
    },

    async create(properties, { log }) {
      await copy(properties as unknown as Inputs, log, signal);
      return { id: randomBytes(4).toString("hex"), outputs: {} };
    },

    async update(state, properties, { log }) {
      const same = ["source", "remotePath"].every((key) => sameValue(state[key], properties[key]));
      if (!same) {
        await copy(properties as unknown as Inputs, log, signal);
      }
      return {};
    },
  };
}
