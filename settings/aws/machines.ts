import type { BoxArchitecture } from "../../formats/box/texts";
import type { AwsWorkerSettings, BakeSourceSettings } from "../schema";
import type { AwsClients } from "./clients";
import { factOf, problemsOf, type Finding } from "./finding";
import type { ImageFacts } from "./images";
import { checkInstanceType, defaultInstanceTypes } from "./instanceTypes";
import { findWorkerImage, loginUserOf } from "./stockImages";

/** A machine that can be started. */
export interface MachineFacts {
  readonly imageId: string;
  /** User that the image's key pair logs in as. */
  readonly sshUser: string;
  readonly instanceType: string;
}

/**
 * The machine that stages are to run on.
 *
 * @param architecture the source's; missing when that cannot be told, which leaves less to check
 */
export async function examineWorker(
  clients: AwsClients,
  { image, instanceType, user }: AwsWorkerSettings,
  architecture: BoxArchitecture | undefined,
): Promise<Finding<MachineFacts>> {
  const type = instanceType ?? (architecture && defaultInstanceTypes.worker[architecture]);
  const [foundImage, foundType] = await Promise.all([
    findWorkerImage(clients, image, architecture),
    type === undefined
      ? nothing
      : checkInstanceType(clients, "worker.instanceType", type, architecture),
  ]);
  return machineOf(foundImage, foundType, "worker.user", user);
}

/** The machine that an AMI is to be baked on. */
export async function examineBuilder(
  clients: AwsClients,
  { instanceType, sshUser }: BakeSourceSettings,
  base: ImageFacts,
): Promise<Finding<MachineFacts>> {
  const type = instanceType ?? defaultInstanceTypes.builder[base.architecture];
  const foundType = await checkInstanceType(
    clients,
    "source.instanceType",
    type,
    base.architecture,
  );
  return machineOf({ fact: base }, foundType, "source.sshUser", sshUser);
}

/** What could not be looked up, and is no problem of its own. */
const nothing: Finding<never> = { problems: [] };

function machineOf(
  image: Finding<ImageFacts>,
  type: Finding<string>,
  userSetting: string,
  givenUser: string | undefined,
): Finding<MachineFacts> {
  const found = factOf(image);
  const user = found ? loginUserOf(found, userSetting, givenUser) : nothing;
  const instanceType = factOf(type);
  const sshUser = factOf(user);
  return found !== undefined && instanceType !== undefined && sshUser !== undefined
    ? { fact: { imageId: found.id, sshUser, instanceType } }
    : { problems: problemsOf([image, type, user]) };
}
