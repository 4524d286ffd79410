import type { StageResult } from "../../components/stageRunner";

/** A package in the guest. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** What the guest is like. */
export interface GuestFacts {
  /** Who gets in: `public` (Vagrant's keys and password) or `private` (the owner's keys). */
  readonly access: string;
  /** What it starts with: `bios`, `efi` or `both`. */
  readonly firmware: string;
  /** `grub` or `extlinux`. */
  readonly bootLoader: string;
  /** How `/vagrant` is shared: `in-tree`, `oracle` or `none`. */
  readonly guestAdditions: string;
  /** Why it is not a better way; empty where it is the best. */
  readonly guestAdditionsReason: string;
  /** Versions of the kernels in it. */
  readonly kernels: readonly string[];
}

interface AdditionsRecord {
  readonly guestAdditions?: string;
  readonly reason?: string;
  readonly kernels?: readonly string[];
}

/** What the stages told of the guest; nothing when it was not provisioned. */
export function guestFacts(stages: readonly StageResult[]): GuestFacts | undefined {
  const provision = stages.find(({ stage }) => stage === "provision");
  const disk = stages.find(({ stage }) => stage === "raw-disk");
  if (provision === undefined) return undefined;
  const additions = (provision["guestAdditions"] ?? {}) as AdditionsRecord;
  const text = (value: unknown): string => (typeof value === "string" ? value : "unknown");
  return {
    access: text(provision["access"]),
    firmware: text(disk?.["firmware"]),
    bootLoader: text(disk?.["bootLoader"]),
    guestAdditions: text(additions.guestAdditions),
    guestAdditionsReason: additions.reason ?? "",
    kernels: additions.kernels ?? [],
  };
}

/** Reads the list that provisioning leaves: name, version and architecture, separated by tabs. */
export function parsePackages(list: string): InstalledPackage[] {
  return list
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", version = "", architecture = ""] = line.split("\t");
      return { name, version, architecture };
    });
}
