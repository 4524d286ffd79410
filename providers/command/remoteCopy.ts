import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { posix } from "node:path";
import { promisify } from "node:util";
import { utils, type SFTPWrapper, type Stats } from "ssh2";

type SftpError = Error & { code?: number };

/** Puts local files and folders on another machine over SFTP, by the rules of the official plugin. */
export class RemoteCopy {
  readonly #stat: (path: string) => Promise<Stats>;
  readonly #mkdir: (path: string) => Promise<void>;
  readonly #put: (from: string, to: string) => Promise<void>;
  readonly #write: (path: string, data: string) => Promise<void>;

  constructor(sftp: SFTPWrapper) {
    this.#stat = promisify(sftp.stat.bind(sftp));
    this.#mkdir = promisify<string, void>((path, done) => {
      sftp.mkdir(path, done);
    });
    this.#put = promisify<string, string, void>((from, to, done) => {
      sftp.fastPut(from, to, done);
    });
    this.#write = promisify<string, string, void>((path, data, done) => {
      sftp.writeFile(path, data, done);
    });
  }

  /**
   * Copies a file or folder:
   *
   * | source | destination is a folder | is missing | is a file |
   * |---|---|---|---|
   * | `folder` | `destination/folder` | `destination/folder` | error |
   * | `folder/` | its entries into it | its entries into it | error |
   * | `file` | `destination/file` | `destination` | overwritten |
   *
   * Missing parents are made. Modes and owners are not kept.
   */
  async copyPath(source: string, destination: string): Promise<void> {
    if (!(await stat(source)).isDirectory()) {
      const isFolder = (await this.#kind(destination)) === "folder";
      await this.#copyFile(
        source,
        isFolder ? posix.join(destination, basename(source)) : destination,
      );
      return;
    }
    const target = source.endsWith("/") ? destination : posix.join(destination, basename(source));
    await this.#copyFolder(source, target);
  }

  /** Writes `content` to the file `destination`, which must not be a folder. Missing parents are made. */
  async copyText(content: string, destination: string): Promise<void> {
    if ((await this.#kind(destination)) === "folder") {
      throw new Error(
        `remote path ${destination} is a directory; when using a text asset, remotePath must be a file path`,
      );
    }
    await this.#makeFolder(posix.dirname(destination));
    await this.#do(`create remote file ${destination}`, this.#write(destination, content));
  }

  async #copyFolder(source: string, target: string): Promise<void> {
    await this.#makeFolder(target);
    for (const entry of await readdir(source, { withFileTypes: true })) {
      const from = join(source, entry.name);
      const to = posix.join(target, entry.name);
      await (entry.isDirectory() ? this.#copyFolder(from, to) : this.#copyFile(from, to));
    }
  }

  async #copyFile(source: string, target: string): Promise<void> {
    await this.#makeFolder(posix.dirname(target));
    await this.#do(`copy file ${source} to remote path ${target}`, this.#put(source, target));
  }

  async #makeFolder(path: string): Promise<void> {
    const kind = await this.#kind(path);
    if (kind === "file") {
      throw new Error(`remote path ${path} exists but is not a directory`);
    }
    if (kind === undefined) {
      await this.#makeFolder(posix.dirname(path));
      await this.#mkdir(path).catch(async (error: unknown) => {
        // Another copy may have made it meanwhile, as it is with the official plugin's MkdirAll.
        if ((await this.#kind(path)) === "folder") return;
        throw new Error(`failed to create remote directory ${path}: ${(error as Error).message}`);
      });
    }
  }

  async #kind(path: string): Promise<"folder" | "file" | undefined> {
    try {
      return (await this.#stat(path)).isDirectory() ? "folder" : "file";
    } catch (error) {
      if ((error as SftpError).code === utils.sftp.STATUS_CODE.NO_SUCH_FILE) {
        return undefined;
      }
      throw new Error(`failed to stat remote path ${path}: ${(error as Error).message}`);
    }
  }

  async #do(what: string, work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => {
      throw new Error(`failed to ${what}: ${(error as Error).message}`);
    });
  }
}
