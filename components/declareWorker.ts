import * as pulumi from "@pulumi/pulumi";

import { digestValue } from "../settings/recipe";
import type { Plan } from "../settings/plan";
import { LocalWorker } from "./LocalWorker";
import type { WorkerPurpose } from "./preparation";
import type { ProjectFiles } from "./projectFiles";
import { RemoteWorker } from "./RemoteWorker";
import type { StageRunner } from "./stageRunner";

/** Declares the machine that the stages run on: this one, or the one that is logged in to. */
export function declareWorker(
  name: string,
  plan: Plan,
  projectDirectory: string,
  files: ProjectFiles,
): StageRunner {
  const { workDirectory, sshTarget } = plan;
  if (sshTarget === undefined)
    return new LocalWorker(name, { projectDirectory, files, workDirectory });
  const { host, port, user, hostKey, privateKey } = sshTarget.login;
  return new RemoteWorker(name, {
    projectDirectory,
    files,
    workDirectory,
    connection: { host, port, user, hostKey, privateKey: pulumi.secret(privateKey) },
    identity: digestValue({ host, port, hostKey }),
    purposes: workerPurposes(plan),
  });
}

/** What a worker is to be able to do for a plan. */
export function workerPurposes({
  source,
  architectures,
  settings: { box },
}: Plan): WorkerPurpose[] {
  const isArm = architectures.includes("arm64");
  const needs: Readonly<Record<WorkerPurpose, boolean>> = {
    box: true,
    debian: source.type === "debian",
    image: source.type === "image" && source.format !== "raw",
    efi: box.firmware !== "bios" || isArm,
    arm64: isArm,
    "boot-proof": box.bootProof,
    "boot-proof-efi": box.bootProof && box.firmware !== "bios",
  };
  return (Object.keys(needs) as WorkerPurpose[]).filter((purpose) => needs[purpose]);
}
