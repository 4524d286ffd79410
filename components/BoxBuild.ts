import * as pulumi from "@pulumi/pulumi";

import { sharedFolderLines } from "../formats/box/sharedFolders";
import type { BoxArchitecture, BoxProvider } from "../formats/box/texts";
import { derivedUuid } from "../formats/ovf";
import { folderFor } from "./architecture";
import type { BootProofArgs, BoxArgs } from "./boxArgs";
import { additionsOf, guestInfo } from "./guestFacts";
import type { Source } from "./source";
import { stages, type Stage } from "./stages";
import type { StageResult, StageRunner } from "./stageRunner";

export interface BoxBuildArgs {
  /** Where the stages run. */
  worker: StageRunner;
  /** Processor of the source, and so of the boxes. */
  architecture: BoxArchitecture;
  /** Who the boxes are for, each made from the same disk. */
  providers: readonly BoxProvider[];
  /** What the boxes are made from. */
  source: Source;
  /** Paths on the worker of the user's own provisioning scripts. */
  userScripts: pulumi.Input<string[]>;
  /** Digest of those scripts. */
  userScriptsDigest: pulumi.Input<string>;
  /** How shared folders are provided. */
  guestAdditions: pulumi.Input<"auto" | "in-tree" | "oracle" | "none">;
  /** Names of the fixes that are left out. */
  skipFixes: pulumi.Input<string[]>;
  box: BoxArgs;
  /** Left out, no box is booted. */
  bootProof?: BootProofArgs | undefined;
  /** Where the boxes come from, for their `info.json`. */
  provenance: pulumi.Input<Record<string, string>>;
}

/** A finished box of a build. */
export interface BuiltBox {
  readonly provider: BoxProvider;
  readonly architecture: BoxArchitecture;
  /** What the stage that packed it printed. */
  readonly packed: pulumi.Output<StageResult>;
  /** What its boot proof printed, if there was one. */
  readonly proof: pulumi.Output<StageResult> | undefined;
  /** Folder on the worker with what the boot proof left. */
  readonly proofFolder: pulumi.Output<string>;
}

/**
 * The chain from a source to finished boxes of one architecture: the system is provisioned and written to a
 * disk once, and packed and booted for each provider; each stage is fed with what its predecessor made.
 */
export class BoxBuild extends pulumi.ComponentResource {
  /** The boxes, in the order of the providers. */
  public readonly boxes: readonly BuiltBox[];
  /** What the stages before the boxes printed, in order. */
  public readonly results: readonly pulumi.Output<StageResult>[];
  /** File on the worker with the packages of the system and their versions. */
  public readonly packagesFile: pulumi.Output<string>;
  public readonly architecture: BoxArchitecture;
  private readonly folder: pulumi.Output<string>;
  /** The stage declared last: the next waits for it, since one at a time works in a folder. */
  private last: readonly pulumi.Resource[] = [];

  constructor(
    private readonly name: string,
    private readonly args: BoxBuildArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ami2box:index:BoxBuild", name, {}, opts);

    const { worker, source, box, architecture } = args;
    this.architecture = architecture;
    this.folder = folderFor(worker, architecture);
    this.packagesFile = this.inFolder("packages.tsv");
    const SKIP_FIXES = pulumi.output(args.skipFixes).apply((names) => names.join(" "));

    const provision = this.runOnSource("provision", stages.provision, {
      USER_SCRIPTS: pulumi.output(args.userScripts).apply((scripts) => scripts.join("\n")),
      USER_SCRIPTS_SHA256: args.userScriptsDigest,
      GUEST_ADDITIONS: args.guestAdditions,
      SKIP_FIXES,
      FIRMWARE: this.firmware(),
      ACCESS: box.access,
      AUTHORIZED_KEYS: box.authorizedKeys,
      PROVIDERS: args.providers.join(" "),
    });
    const disk = this.runOnSource("raw-disk", stages["raw-disk"], {
      PROVISIONED: pathOf(provision),
      PROVISIONED_SHA256: digestOf(provision),
      EPOCH: provision.apply((result) => String(result["epoch"])),
      DISK_BYTES: pulumi.output(box.diskBytes).apply(String),
      FIRMWARE: this.firmware(),
      SKIP_FIXES,
      FS_UUID: pulumi
        .all([box.name, digestOf(provision)])
        .apply(([boxName, digest]) => derivedUuid(`${boxName} ${digest}`, "root")),
    });
    this.boxes = args.providers.map((provider, index) =>
      this.makeBox(provider, index, provision, disk),
    );
    this.results = [...source.results, provision, disk];
    this.registerOutputs({ packagesFile: this.packagesFile });
  }

  private makeBox(
    provider: BoxProvider,
    index: number,
    provision: pulumi.Output<StageResult>,
    disk: pulumi.Output<StageResult>,
  ): BuiltBox {
    const { architecture, bootProof } = this.args;
    // The commonest box has the stages' bare names.
    const suffix = provider === "virtualbox" ? "" : `-${provider}`;
    const packed = this.run(`box${suffix}`, stages.box, {
      RAW_DISK: pathOf(disk),
      RAW_DISK_SHA256: digestOf(disk),
      BOX_OUT: this.inFolder(`${provider}-${architecture}.box`),
      BOX_SETTINGS: this.boxSettings(provider, provision),
    });
    const proofFolder = this.inFolder(`boot-proof${suffix}`);
    const proof =
      bootProof &&
      this.run(`boot-proof${suffix}`, stages["boot-proof"], {
        BOX: pathOf(packed),
        BOX_SHA256: digestOf(packed),
        OUT_DIR: proofFolder,
        BOOT_TIMEOUT: pulumi.output(bootProof.timeoutSeconds).apply(String),
        FIRMWARE: provider === "libvirt" && architecture === "amd64" ? "bios" : this.firmware(),
        ACCESS: this.args.box.access,
        AUTHORIZED_KEYS: this.args.box.authorizedKeys,
        // What is the system's own has been shown by the first box: one guest is enough for the others.
        CLONES: index === 0 ? "2" : "1",
      });
    return { provider, architecture, packed, proof, proofFolder };
  }

  /** There is no BIOS for ARM. */
  private firmware(): pulumi.Input<string> {
    return this.args.architecture === "arm64" ? "efi" : this.args.box.firmware;
  }

  private boxSettings(
    provider: BoxProvider,
    provision: pulumi.Output<StageResult>,
  ): pulumi.Output<string> {
    const { box, provenance, architecture } = this.args;
    const additions = provision.apply((result) =>
      provider === "virtualbox" ? sharedFolderLines(additionsOf(result)) : [],
    );
    return pulumi.jsonStringify({
      name: box.name,
      version: box.version,
      provider,
      architecture,
      hardware: pulumi.all([box.hardware, this.firmware()]).apply(([hardware, firmware]) => ({
        ...hardware,
        firmware: firmware === "efi" ? "efi" : "bios",
      })),
      vagrantfileLines: pulumi
        .all([additions, box.vagrantfile])
        .apply(([ours, own]) => [...ours, ...own]),
      compression: box.compression,
      threads: box.threads,
      info: pulumi
        .all([provenance, provision])
        .apply(([origin, result]) => ({ ...origin, ...guestInfo(result) })),
      epoch: provision.apply((result) => Number(result["epoch"])),
    });
  }

  /** A stage that opens the source; its digest is there so that a change runs the stage. */
  private runOnSource(
    name: string,
    stage: Stage,
    own: Record<string, pulumi.Input<string>>,
  ): pulumi.Output<StageResult> {
    const { variables, digest } = this.args.source;
    return this.run(
      name,
      stage,
      pulumi
        .all([variables, digest, pulumi.all(own)])
        .apply(([opening, SOURCE_DIGEST, rest]) => ({ ...opening, SOURCE_DIGEST, ...rest })),
    );
  }

  private run(
    name: string,
    stage: Stage,
    own: pulumi.Input<Record<string, pulumi.Input<string>>>,
  ): pulumi.Output<StageResult> {
    const variables = pulumi
      .all([this.folder, pulumi.output(own)])
      .apply(([WORK_DIR, rest]) => ({ WORK_DIR, ARCHITECTURE: this.architecture, ...rest }));
    const { command, result } = this.args.worker.runStage(
      `${this.name}-${name}`,
      { stage, variables },
      { parent: this, dependsOn: [...this.last] },
    );
    this.last = [command];
    return result;
  }

  private inFolder(file: string): pulumi.Output<string> {
    return pulumi.interpolate`${this.folder}/${file}`;
  }
}

function pathOf(result: pulumi.Output<StageResult>): pulumi.Output<string> {
  return result.apply(({ path }) => path);
}

function digestOf(result: pulumi.Output<StageResult>): pulumi.Output<string> {
  return result.apply(({ sha256 }) => sha256);
}
