import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { FolderStore } from "../../ops/publish/folderStore";
import { publish, type Publication, type Published } from "../../ops/publish/publish";

/** A picture of one pixel. */
export const onePixelPng = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

export const checks = [
  { name: "logs in", ok: true, detail: "user vagrant" },
  { name: "no swap", ok: true, detail: "SKIP no swap wanted", skipped: true },
];

/** What the stages of a chain printed. */
export const stageResults = [
  ["preflight", 0.4, 0, 0],
  ["bootstrap", 61.3, 131_000_000, 754_000_000],
  ["provision", 41.9, 754_000_000, 18_000_000],
  ["raw-disk", 10.7, 771_000_000, 777_000_000],
  ["box", 25, 779_000_000, 260_891_648],
  ["boot-proof", 48.3, 260_891_648, 13_000],
].map(([stage, seconds, inputBytes, outputBytes]) => ({
  stage: String(stage),
  seconds: Number(seconds),
  path: `/srv/builds/${stage}`,
  inputBytes: Number(inputBytes),
  outputBytes: Number(outputBytes),
  sha256: "0".repeat(64),
  ...(stage === "provision" && {
    epoch: 1700000000,
    fixes: [
      { name: "kernel", found: "6.1.0-56-amd64", verdict: "ok", remedy: "" },
      { name: "network", found: "no DHCP on eth0", verdict: "fix", remedy: "DHCP on eth0" },
      { name: "cloud-users", found: "account admin", verdict: "skipped", remedy: "turned off" },
    ],
    access: "public",
    guestAdditions: { guestAdditions: "in-tree", kernels: ["6.1.0-56-amd64"], reason: "" },
  }),
  ...(stage === "raw-disk" && {
    bootLoader: "grub",
    firmware: "both",
    fixes: [{ name: "fstab", found: "no entry for /", verdict: "fix", remedy: "write it" }],
  }),
  ...(stage === "preflight" && {
    checks: [
      { check: "init", found: "systemd", verdict: "ok", remedy: "" },
      { check: "network", found: "tied to a MAC address", verdict: "fix", remedy: "DHCP on eth0" },
      { check: "cloud-users", found: "account admin", verdict: "skipped", remedy: "turned off" },
    ],
  }),
  ...(stage === "boot-proof" && { accel: "tcg", secondsToSsh: 21.4 }),
}));

/** A publication, and the folder that it is to go to. */
export interface FolderPublication extends Publication {
  readonly directory: string;
}

/** Publishes in a folder. */
export function publishToFolder({
  directory,
  ...publication
}: FolderPublication): Promise<Published> {
  return publish(new FolderStore(directory), publication);
}

/** A finished box in a work folder, with what its boot proof left, to be published in `out` beside it. */
export function finishedBox(
  folder: string,
  changes: Partial<FolderPublication> & { content?: string | Buffer } = {},
): FolderPublication {
  const { content = "a box", ...rest } = changes;
  const work = path.join(folder, "work");
  fs.mkdirSync(path.join(work, "boot-proof"), { recursive: true });
  const box = path.join(work, "virtualbox-amd64.box");
  // The published box is another name of this file, which is replaced and never written into.
  fs.rmSync(box, { force: true });
  fs.writeFileSync(box, content);
  fs.writeFileSync(path.join(work, "boot-proof/checks.json"), JSON.stringify(checks));
  fs.writeFileSync(path.join(work, "boot-proof/console.png"), onePixelPng);
  return {
    boxes: [
      {
        file: box,
        sha256: createHash("sha256").update(content).digest("hex"),
        provider: "virtualbox",
        architecture: "amd64",
      },
    ],
    name: "acme/demo",
    version: "1.0.0",
    directory: path.join(folder, "out"),
    description: "A demo",
    provenance: { recipe: "the recipe", source: "Debian bookworm" },
    stages: stageResults,
    proofDirectory: path.join(work, "boot-proof"),
    ...rest,
  };
}

/** Every file below a folder with a mark that changes when it is written again. */
export function snapshot(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return (fs.readdirSync(folder, { recursive: true }) as string[]).sort().map((name) => {
    const { ino, mtimeNs, size } = fs.statSync(path.join(folder, name), { bigint: true });
    return `${name} ${ino} ${mtimeNs} ${size}`;
  });
}
