import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { rootPrefix, run, type CommandResult } from "./commands";

/** An installed VirtualBox. */
export interface VirtualBox {
  /** Release, such as `7.2.22`. */
  readonly version: string;
  /** Where it comes from, for people. */
  readonly origin: string;
  /** Folder of the system it is installed in: `/`, or one that is entered for every command. */
  readonly root: string;
  /** Absolute path of `VBoxManage` in that system. */
  readonly program: string;
}

/** How long a command may take unless more is granted, in seconds. */
const DEFAULT_SECONDS = 60;

/** Seconds between asking a command whose time is up to end and killing it. */
const GRACE_SECONDS = 5;

/**
 * Shell text that runs its arguments in the system ROOT, with the folder ROOM at its own path and a
 * VirtualBox registry of its own in there. It is process 1 of a process namespace: when it ends, the
 * kernel ends the servers that VBoxManage started (VBoxSVC, VBoxXPCOMIPCD) and, the mount namespace
 * being theirs alone, undoes the mounts.
 *
 * The system is seen through an overlay whose upper side is memory, so that nothing in it changes,
 * not even by a kill. Paths are relative because an overlay takes no colon in one.
 */
export const ROOM_SCRIPT = `
set -eu
socket=ami2box-$NAME
trap 'exit 143' TERM INT HUP
trap 'rm -rf "/tmp/.vbox-$socket-ipc"' EXIT
set -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C USER=root LOGNAME=root \\
  HOME="$ROOM/home" VBOX_USER_HOME="$ROOM/home" VBOX_IPC_SOCKETID="$socket" "$@"
if [ "$ROOT" != / ]; then
  mount -t tmpfs -o mode=755 tmpfs "$ROOM/system"
  cd "$ROOM/system"
  mkdir lower upper work root
  mount --bind "$ROOT" lower
  mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay root
  mkdir -p "root$ROOM"
  mount --bind "$ROOM" "root$ROOM"
  mount --rbind /dev root/dev
  mount --rbind /sys root/sys
  mount -t proc proc root/proc
  set -- chroot root "$@"
fi
"$@" </dev/null &
wait $!
`;

/**
 * The command that runs `command` as root with namespaces of its own for mounts and processes, and
 * ends all of it when `seconds` are over or the caller dies.
 */
export function inNamespaces(seconds: number, command: readonly string[]): string[] {
  return [
    ...rootPrefix(),
    ...["setpriv", "--pdeathsig", "TERM"],
    ...["timeout", `--kill-after=${GRACE_SECONDS}`, String(seconds)],
    ...["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
    ...command,
  ];
}

/** The status of a command of {@link inNamespaces} whose time was up. */
export const TIME_IS_UP = 124;

/**
 * Runs one VBoxManage command. Its registry is below `room`, the caller's own is neither read nor
 * changed, and no process or mount outlives the command. Files that VirtualBox makes belong to root.
 *
 * @param room absolute path of a folder for the registry and for files that VirtualBox is to see: it
 *   sees those and no others. Its subfolders `home` and `system` are VirtualBox's.
 * @param seconds time limit; the status is then {@link TIME_IS_UP}
 */
export async function vboxManage(
  virtualBox: Pick<VirtualBox, "root" | "program">,
  room: string,
  args: readonly string[],
  seconds = DEFAULT_SECONDS,
): Promise<CommandResult> {
  for (const name of ["home", "system"]) mkdirSync(join(room, name), { recursive: true });
  // As arguments of env, because sudo drops variables.
  const variables = [`ROOT=${virtualBox.root}`, `ROOM=${room}`, `NAME=${process.pid}`];
  const [command, ...rest] = inNamespaces(seconds, [
    ...["env", ...variables, "sh", "-c", ROOM_SCRIPT, "sh"],
    ...[virtualBox.program, ...args],
  ]);
  return run(command!, rest);
}

/** Removes a folder in which VirtualBox or mmdebstrap left files of root; absent is as well. */
export async function removeRoom(folder: string): Promise<void> {
  const [command, ...rest] = [...rootPrefix(), "rm", "-rf", "--one-file-system", "--", folder];
  const { code, output } = await run(command, rest);
  if (code !== 0) throw new Error(`Cannot remove ${folder}: ${output.trim()}.`);
}
