import { parse } from "yaml";

import { shellQuote } from "../../../components/stageCommand";

/** What an instance does with its user data, as shell scripts. */
export interface BootScripts {
  /** Before SSH answers, at the first boot. */
  readonly first: string;
  /** Before that, at every boot. */
  readonly each: string;
  /** When SSH answers, at the first boot. */
  readonly late: string;
}

type Command = string | readonly string[];

interface CloudUser {
  readonly name: string;
  readonly shell?: string;
  readonly groups?: string | readonly string[];
  readonly sudo?: string | readonly string[] | false;
  readonly ssh_authorized_keys?: readonly string[];
}

interface WrittenFile {
  readonly path: string;
  readonly content?: string;
  readonly permissions?: string;
  readonly owner?: string;
  readonly encoding?: string;
}

interface CloudConfig {
  readonly ssh_keys?: Readonly<Record<string, string>>;
  readonly ssh_deletekeys?: boolean;
  readonly users?: readonly ("default" | CloudUser)[];
  readonly ssh_authorized_keys?: readonly string[];
  readonly write_files?: readonly WrittenFile[];
  readonly bootcmd?: readonly Command[];
  readonly runcmd?: readonly Command[];
}

export interface UserDataContext {
  /** The image's own user. */
  readonly defaultUser: string;
  /** Public half of the instance's key pair, if it has one. */
  readonly publicKey: string | undefined;
}

/**
 * What cloud-init does with user data, as far as this project uses it: `ssh_keys` and `ssh_deletekeys`,
 * `users` (name, shell, groups, sudo, ssh_authorized_keys; `default` is the image's own user, who gets the
 * key pair's key), `ssh_authorized_keys`, `write_files` (plain and base64), `bootcmd`, `runcmd`; or a shell
 * script. Another key of a cloud-config is an error, so that none is passed over in silence.
 */
export function bootScripts(userData: string, context: UserDataContext): BootScripts {
  if (userData.startsWith("#!")) {
    return { ...bootScripts("", context), late: userData };
  }
  const config = (parse(userData) ?? {}) as CloudConfig;
  const unknown = Object.keys(config).filter((key) => !known.has(key));
  if (unknown.length > 0) throw new Error(`the emulator knows no cloud-config ${unknown.join()}`);
  return {
    each: script((config.bootcmd ?? []).map(commandLine)),
    first: script([
      ...hostKeyLines(config),
      ...(config.users ?? ["default"]).flatMap((user) =>
        user === "default" ? defaultUserLines(config, context) : userLines(user, []),
      ),
      ...(config.write_files ?? []).flatMap(fileLines),
    ]),
    late: script((config.runcmd ?? []).map(commandLine)),
  };
}

const known = new Set([
  ...["ssh_keys", "ssh_deletekeys", "users", "ssh_authorized_keys", "write_files"],
  ...["bootcmd", "runcmd"],
]);

/** Later commands run also when an earlier one failed, as cloud-init does it. */
function script(lines: readonly string[]): string {
  return ["#!/bin/bash", ...lines, ""].join("\n");
}

function commandLine(command: Command): string {
  return typeof command === "string" ? command : command.map(shellQuote).join(" ");
}

function hostKeyLines({ ssh_keys = {}, ssh_deletekeys = true }: CloudConfig): string[] {
  const lines = ssh_deletekeys ? ["rm -f /etc/ssh/ssh_host_*_key*"] : [];
  for (const [name, text] of Object.entries(ssh_keys)) {
    const [, type = "", half = ""] = /^(.*)_(private|public)$/.exec(name) ?? [];
    const file = `/etc/ssh/ssh_host_${type}_key${half === "public" ? ".pub" : ""}`;
    lines.push(...fileLines({ path: file, content: `${text.trimEnd()}\n`, permissions: "0600" }));
  }
  return Object.keys(ssh_keys).length > 0 ? lines : [...lines, "ssh-keygen -A"];
}

function defaultUserLines(
  { ssh_authorized_keys = [] }: CloudConfig,
  { defaultUser, publicKey }: UserDataContext,
): string[] {
  const keys = [...(publicKey === undefined ? [] : [publicKey]), ...ssh_authorized_keys];
  return userLines({ name: defaultUser, shell: "/bin/bash", sudo: "ALL=(ALL) NOPASSWD:ALL" }, keys);
}

function userLines(user: CloudUser, moreKeys: readonly string[]): string[] {
  const { name, shell = "/bin/sh", groups = [], sudo = false } = user;
  const rules = sudo === false ? [] : [sudo].flat();
  const keys = [...moreKeys, ...(user.ssh_authorized_keys ?? [])];
  return [
    `getent passwd ${name} >/dev/null || useradd --create-home --shell ${shell} ${name}`,
    ...[groups].flat().map((group) => `usermod --append --groups ${group} ${name}`),
    ...rules.map(
      (rule) =>
        `printf '# User rules for %s\\n%s\\n' ${name} ${shellQuote(`${name} ${rule}`)} >>/etc/sudoers.d/90-cloud-init-users`,
    ),
    "touch /etc/sudoers.d/90-cloud-init-users && chmod 440 /etc/sudoers.d/90-cloud-init-users",
    `install -d -m 700 -o ${name} -g ${name} ~${name}/.ssh`,
    `printf '%s\\n' ${keys.map(shellQuote).join(" ")} >>~${name}/.ssh/authorized_keys`,
    `chown ${name}: ~${name}/.ssh/authorized_keys && chmod 600 ~${name}/.ssh/authorized_keys`,
  ];
}

function fileLines(file: WrittenFile): string[] {
  const { path, content = "", permissions = "0644", owner = "root:root", encoding } = file;
  const base64 = encoding?.startsWith("b") === true ? content : btoa(content);
  return [
    `mkdir -p "$(dirname ${shellQuote(path)})"`,
    `base64 -d <<<'${base64}' >${shellQuote(path)}`,
    `chmod ${permissions} ${shellQuote(path)} && chown ${owner} ${shellQuote(path)}`,
  ];
}
