/** One script of the chain, as the program needs to know it. */
export interface Stage {
  /** Name of the stage and of its script, `scripts/stages/<name>.sh`. */
  readonly name: StageName;
  /** What the script reads beside itself; an edit to any of it runs the stage again. */
  readonly uses: readonly string[];
  /** Bundled program the script runs, if any; see `ops/toolBundle.ts`. */
  readonly tool?: ToolName;
  /** True where an edit of the program alone is no reason to run the stage again: it makes nothing. */
  readonly onlyLooks?: boolean;
  /** Seconds after which the stage is ended on the worker. */
  readonly timeLimitSeconds: number;
}

export type StageName =
  "preflight" | "bootstrap" | "provision" | "raw-disk" | "box" | "boot-proof" | "publish";

/** A TypeScript program that stages run on the worker, as one bundled file. */
export type ToolName = "disk" | "box" | "publish";

/** Where each tool's source stands. */
export const toolEntryPoints: Readonly<Record<ToolName, string>> = {
  disk: "formats/cli/disk.ts",
  box: "formats/cli/box.ts",
  publish: "ops/publish/cli.ts",
};

const minutes = 60;
const stageRunner = ["scripts/run-stage.sh", "scripts/lib/stage.sh"];
const fixes = ["scripts/fixes", "scripts/lib/fixes.sh"];
const sourceReaders = [
  "scripts/lib/image.sh",
  "scripts/lib/image-root.sh",
  "scripts/lib/overlay.sh",
  "scripts/lib/volume.sh",
  "scripts/lib/chroot.sh",
  "scripts/lib/emulation.sh",
] as const;

/** The chain, in the order it runs. */
export const stages: Readonly<Record<StageName, Stage>> = {
  preflight: {
    name: "preflight",
    uses: [
      ...stageRunner,
      ...sourceReaders,
      ...fixes,
      "scripts/lib/preflight-table.sh",
      "scripts/lib/source-system.sh",
      "scripts/provision/lib.sh",
    ],
    tool: "publish",
    onlyLooks: true,
    timeLimitSeconds: 5 * minutes,
  },
  bootstrap: {
    name: "bootstrap",
    uses: [...stageRunner, "scripts/lib/debian-packages.sh", "scripts/lib/emulation.sh"],
    timeLimitSeconds: 40 * minutes,
  },
  provision: {
    name: "provision",
    uses: [
      ...stageRunner,
      ...sourceReaders,
      "scripts/lib/package-list.sh",
      "scripts/provision",
      ...fixes,
    ],
    timeLimitSeconds: 60 * minutes,
  },
  "raw-disk": {
    name: "raw-disk",
    uses: [
      ...stageRunner,
      ...sourceReaders,
      "scripts/lib/boot-loader.sh",
      "scripts/lib/esp.sh",
      ...fixes,
      "scripts/provision/lib.sh",
      "scripts/provision/files",
    ],
    tool: "disk",
    timeLimitSeconds: 60 * minutes,
  },
  box: {
    name: "box",
    uses: stageRunner,
    tool: "box",
    timeLimitSeconds: 60 * minutes,
  },
  "boot-proof": {
    name: "boot-proof",
    uses: [
      ...stageRunner,
      "scripts/lib/bounded.sh",
      "scripts/lib/qemu.sh",
      "scripts/lib/qemu-machine.sh",
      "scripts/lib/ssh.sh",
      "scripts/boot-proof",
      "scripts/guest-checks",
    ],
    timeLimitSeconds: 30 * minutes,
  },
  publish: {
    name: "publish",
    uses: stageRunner,
    tool: "publish",
    timeLimitSeconds: 30 * minutes,
  },
};
