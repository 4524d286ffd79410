import { stringify } from "yaml";

/** An SSH host key as it is given to a machine before its first boot. */
export interface HostKey {
  /** Private half in OpenSSH's format. */
  readonly privateKey: string;
  /** Public half, `ssh-ed25519 AAAA...`. */
  readonly publicKey: string;
}

/** What a machine is told at its first boot. */
export interface MachineUserData {
  /** The key it proves itself with, so that nobody has to trust the first answer. */
  readonly hostKey: HostKey;
  /** Hours after each boot at which the machine powers itself off, whatever became of those who started it. */
  readonly lifetimeHours: number;
}

/** Marks a builder whose disk is being copied; it goes into the image and means nothing elsewhere. */
export const bakedMark = "/var/lib/ami2box-baked";

/**
 * User data of the worker (cloud-init, "Cloud config"; modules Bootcmd and SSH). The timer comes first: it
 * runs even when all that follows fails.
 */
export function workerUserData({ hostKey, lifetimeHours }: MachineUserData): string {
  return cloudConfig({
    bootcmd: [endAfter(lifetimeHours)],
    ...hostKeys(hostKey),
  });
}

/**
 * User data of the builder: the same, and the vagrant user beside the image's own. `bootcmd` runs at every
 * boot, so that a reboot between two scripts keeps the timer; the boot after the bake ends at once, as
 * nothing is left to do.
 */
export function builderUserData({ hostKey, lifetimeHours }: MachineUserData): string {
  return cloudConfig({
    bootcmd: [
      endAfter(lifetimeHours),
      ["sh", "-c", `test ! -e ${bakedMark} || systemctl poweroff --no-block`],
    ],
    ...hostKeys(hostKey),
    users: ["default", { name: "vagrant", shell: "/bin/bash", lock_passwd: true }],
  });
}

/**
 * A timer that only root, or the next boot, can stop. It must not wait for the rest of the boot, as units do
 * by default: on Debian and Ubuntu `sysinit.target` waits for cloud-init, which runs this (systemd.timer(5),
 * "Default Dependencies"), and a boot that hangs there is to end too.
 */
function endAfter(hours: number): string[] {
  return [
    "systemd-run",
    "--no-block",
    "--unit=ami2box-end",
    `--on-active=${Math.round(hours * 3600)}`,
    "--timer-property=AccuracySec=1s",
    "--timer-property=DefaultDependencies=no",
    "--property=DefaultDependencies=no",
    "systemctl",
    "poweroff",
  ];
}

function hostKeys({ privateKey, publicKey }: HostKey): Record<string, unknown> {
  return {
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: privateKey, ed25519_public: publicKey },
  };
}

function cloudConfig(config: Readonly<Record<string, unknown>>): string {
  // Long lines stay whole: a folded command would still be right, but nobody could read it.
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`;
}
