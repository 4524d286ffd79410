import * as pulumi from "@pulumi/pulumi";

import { sharedFolderLines } from "../formats/box/sharedFolders";
import { derivedUuid } from "../formats/ovf";
import { publishVariables, type PublishTarget } from "./publishTarget";
import { additionsOf, guestInfo } from "./guestFacts";
import type { Source } from "./source";
import { stages } from "./stages";
import type { StageResult, StageRunner } from "./stageRunner";

/** The box that is to be made. */
export interface BoxArgs {
  /** Vagrant's name, `name` or `organisation/name`. */
  name: pulumi.Input<string>;
  version: pulumi.Input<string>;
  /** One line for the catalog. */
  description: pulumi.Input<string>;
  /** Size of the virtual disk, bytes. */
  diskBytes: pulumi.Input<number>;
  /** The virtual machine; see `formats/ovf/hardware.ts`. */
  hardware: pulumi.Input<Record<string, unknown>>;
  /** What the box starts with; `both` is made for the BIOS and starts with either. */
  firmware: pulumi.Input<"bios" | "efi" | "both">;
  /** `public`: Vagrant's own keys and passwords; `private`: only these keys, and no password. */
  access: pulumi.Input<"public" | "private">;
  /** Text of the public keys of a private box, one a line; empty for a public one. */
  authorizedKeys: pulumi.Input<string>;
  /** Lines put into the box's own Vagrantfile. */
  vagrantfile: pulumi.Input<string[]>;
  compression: pulumi.Input<"fast" | "default" | "best">;
  /** Compressing threads; by default one a processor of the worker. */
  threads?: pulumi.Input<number> | undefined;
}

/** How the box must show that it works before it is published. */
export interface BootProofArgs {
  /** Seconds a guest may take until it answers over SSH. */
  timeoutSeconds: pulumi.Input<number>;
}

export interface BoxPipelineArgs {
  /** Where the stages run. */
  worker: StageRunner;
  /** What the box is made from. */
  source: Source;
  /** Paths on the worker of the user's own provisioning scripts. */
  userScripts: pulumi.Input<string[]>;
  /** Digest of those scripts. */
  userScriptsDigest: pulumi.Input<string>;
  /** How shared folders are provided. */
  guestAdditions: pulumi.Input<"auto" | "in-tree" | "oracle" | "none">;
  /** Names of the fixes that are left out. */
  skipFixes: pulumi.Input<string[]>;
  /** What the preflight found, for the report. */
  preflight: pulumi.Input<StageResult>;
  box: BoxArgs;
  /** Left out, the box is published without having been booted. */
  bootProof?: BootProofArgs | undefined;
  /** Where the boxes are published. */
  publish: PublishTarget;
  /** Where the box comes from, for its report and its `info.json`. */
  provenance: pulumi.Input<Record<string, string>>;
}

/** The chain from a source to a published box; each stage is fed with what its predecessor made. */
export class BoxPipeline extends pulumi.ComponentResource {
  /** URL of the box. */
  public readonly boxUrl: pulumi.Output<string>;
  /** URL of the catalog, which `vagrant box add` takes. */
  public readonly catalogUrl: pulumi.Output<string>;
  public readonly boxSha256: pulumi.Output<string>;
  public readonly boxVersion: pulumi.Output<string>;
  /** URL of the report for people. */
  public readonly reportUrl: pulumi.Output<string>;

  constructor(name: string, args: BoxPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:BoxPipeline", name, {}, opts);

    const { worker, source, box } = args;
    const parent: pulumi.CustomResourceOptions = { parent: this };
    const SKIP_FIXES = pulumi.output(args.skipFixes).apply((names) => names.join(" "));
    const inWork = (file: string): pulumi.Output<string> =>
      pulumi.interpolate`${worker.workDirectory}/${file}`;

    const provision = worker.runStage(
      `${name}-provision`,
      {
        stage: stages.provision,
        variables: variablesOf(source, {
          USER_SCRIPTS: pulumi.output(args.userScripts).apply((scripts) => scripts.join("\n")),
          USER_SCRIPTS_SHA256: args.userScriptsDigest,
          GUEST_ADDITIONS: args.guestAdditions,
          SKIP_FIXES,
          FIRMWARE: box.firmware,
          ACCESS: box.access,
          AUTHORIZED_KEYS: box.authorizedKeys,
        }),
      },
      parent,
    ).result;
    const epoch = provision.apply((result) => Number(result["epoch"]));

    const disk = worker.runStage(
      `${name}-raw-disk`,
      {
        stage: stages["raw-disk"],
        variables: variablesOf(source, {
          PROVISIONED: pathOf(provision),
          PROVISIONED_SHA256: digestOf(provision),
          EPOCH: epoch.apply(String),
          DISK_BYTES: pulumi.output(box.diskBytes).apply(String),
          FIRMWARE: box.firmware,
          SKIP_FIXES,
          FS_UUID: pulumi
            .all([box.name, digestOf(provision)])
            .apply(([boxName, digest]) => derivedUuid(`${boxName} ${digest}`, "root")),
        }),
      },
      parent,
    ).result;

    const packed = worker.runStage(
      `${name}-box`,
      {
        stage: stages.box,
        variables: {
          RAW_DISK: pathOf(disk),
          RAW_DISK_SHA256: digestOf(disk),
          BOX_OUT: inWork("virtualbox-amd64.box"),
          BOX_SETTINGS: pulumi.jsonStringify({
            name: box.name,
            version: box.version,
            hardware: pulumi.all([box.hardware, box.firmware]).apply(([hardware, firmware]) => ({
              ...hardware,
              firmware: firmware === "efi" ? "efi" : "bios",
            })),
            vagrantfileLines: pulumi
              .all([provision, box.vagrantfile])
              .apply(([result, own]) => [...sharedFolderLines(additionsOf(result)), ...own]),
            compression: box.compression,
            threads: box.threads,
            info: pulumi
              .all([args.provenance, provision])
              .apply(([origin, result]) => ({ ...origin, ...guestInfo(result) })),
            epoch,
          }),
        },
      },
      parent,
    ).result;

    const proof = args.bootProof && this.proveBoot(name, args, args.bootProof, packed);

    const published = worker.runStage(
      `${name}-publish`,
      {
        stage: stages.publish,
        variables: {
          BOXES: pulumi.jsonStringify([
            {
              file: pathOf(packed),
              sha256: digestOf(packed),
              provider: "virtualbox",
              architecture: "amd64",
            },
          ]),
          BOX_NAME: box.name,
          BOX_VERSION: box.version,
          DESCRIPTION: box.description,
          ...publishVariables(args.publish),
          PROOF_DIR: proof
            ? pulumi.all([inWork(proofFolder), proof]).apply(([folder]) => folder)
            : "",
          PACKAGES_FILE: inWork("packages.tsv"),
          PROVENANCE: pulumi.jsonStringify(args.provenance),
          STAGES: pulumi.jsonStringify([
            args.preflight,
            ...source.results,
            provision,
            disk,
            packed,
            ...(proof ? [proof] : []),
          ]),
        },
      },
      parent,
    ).result;

    this.boxUrl = published.apply((result) => String(result["boxUrl"]));
    this.catalogUrl = published.apply((result) => String(result["catalogUrl"]));
    this.reportUrl = published.apply((result) => String(result["reportUrl"]));
    this.boxSha256 = digestOf(packed);
    this.boxVersion = pulumi.all([box.version, published]).apply(([version]) => version);
    this.registerOutputs({
      boxUrl: this.boxUrl,
      catalogUrl: this.catalogUrl,
      reportUrl: this.reportUrl,
      boxSha256: this.boxSha256,
      boxVersion: this.boxVersion,
    });
  }

  private proveBoot(
    name: string,
    { worker, box }: BoxPipelineArgs,
    proof: BootProofArgs,
    packed: pulumi.Output<StageResult>,
  ): pulumi.Output<StageResult> {
    return worker.runStage(
      `${name}-boot-proof`,
      {
        stage: stages["boot-proof"],
        variables: {
          BOX: pathOf(packed),
          BOX_SHA256: digestOf(packed),
          OUT_DIR: pulumi.interpolate`${worker.workDirectory}/${proofFolder}`,
          BOOT_TIMEOUT: pulumi.output(proof.timeoutSeconds).apply(String),
          FIRMWARE: box.firmware,
          ACCESS: box.access,
          AUTHORIZED_KEYS: box.authorizedKeys,
        },
      },
      { parent: this },
    ).result;
  }
}

/** Folder in the work directory for what the boot proof leaves: checks, screenshot, log. */
const proofFolder = "boot-proof";

/** The source's variables and a stage's own; the digest is there so that a change runs the stage. */
function variablesOf(
  source: Source,
  own: Record<string, pulumi.Input<string>>,
): pulumi.Input<Record<string, string>> {
  return pulumi
    .all([source.variables, source.digest, pulumi.all(own)])
    .apply(([opening, SOURCE_DIGEST, rest]) => ({ ...opening, SOURCE_DIGEST, ...rest }));
}

function pathOf(result: pulumi.Output<StageResult>): pulumi.Output<string> {
  return result.apply(({ path }) => path);
}

function digestOf(result: pulumi.Output<StageResult>): pulumi.Output<string> {
  return result.apply(({ sha256 }) => sha256);
}
