import type { BoxArchitecture } from "../../formats/box/texts";
import { DescribeImagesCommand, type Image } from "@aws-sdk/client-ec2";
import { GetParameterCommand } from "@aws-sdk/client-ssm";

import type { BaseAmiSettings } from "../schema";
import { awsErrorName, callProblem } from "./awsErrors";
import type { AwsClients } from "./clients";
import { problem, type Finding } from "./finding";

/** EC2's names of them. */
export const ec2Architectures: Readonly<Record<BoxArchitecture, string>> = {
  amd64: "x86_64",
  arm64: "arm64",
};

/** An AMI, as far as a build needs to know it. */
export interface ImageFacts {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly architecture: BoxArchitecture;
  readonly rootSnapshotId: string | undefined;
  /** Size of the root disk; undefined where AWS does not tell. */
  readonly rootGiB?: number | undefined;
}

/** An AMI by its id. */
export async function findImage(
  { ec2 }: Pick<AwsClients, "ec2">,
  setting: string,
  id: string,
): Promise<Finding<ImageFacts>> {
  let images: readonly Image[];
  try {
    images = (await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }))).Images ?? [];
  } catch (error) {
    if (!awsErrorName(error).startsWith("InvalidAMIID")) {
      return callProblem(setting, "ec2:DescribeImages", error);
    }
    images = [];
  }
  const [image] = images;
  if (image === undefined) {
    return problem(
      `${setting}: ${id} is no AMI of this region that you may use; give one of the region, or have its owner share it`,
    );
  }
  return factsOf(setting, image);
}

/** The AMI that a bake begins with. */
export async function findBaseImage(
  clients: Pick<AwsClients, "ec2" | "ssm">,
  { ami, owner, name, architecture, ssmParameter }: BaseAmiSettings,
): Promise<Finding<ImageFacts>> {
  if (ami !== undefined) return findImage(clients, "source.base.ami", ami);
  if (ssmParameter !== undefined) {
    return findParameterImage(clients, "source.base.ssmParameter", ssmParameter);
  }
  const setting = "source.base.name";
  const filters = [
    { Name: "name", Values: [name ?? ""] },
    { Name: "state", Values: ["available"] },
    ...(architecture ? [{ Name: "architecture", Values: [ec2Architectures[architecture]] }] : []),
  ];
  let found: readonly Image[];
  try {
    const query = new DescribeImagesCommand({ Owners: [owner ?? ""], Filters: filters });
    found = (await clients.ec2.send(query)).Images ?? [];
  } catch (error) {
    return callProblem(setting, "ec2:DescribeImages", error);
  }
  if (found.length === 0) {
    const kind = architecture === undefined ? "AMI" : `AMI for ${architecture}`;
    return problem(
      `${setting}: ${owner} has no ${kind} named ${JSON.stringify(name)} in this region; check owner, name and region`,
    );
  }
  const kinds = new Set(found.map((image) => image.Architecture));
  if (kinds.size > 1) {
    return problem(
      `source.base.architecture: is missing, and ${JSON.stringify(name)} names AMIs for ${[...kinds].join(" and ")}; set it to amd64 or arm64`,
    );
  }
  const newest = [...found].sort((a, b) =>
    (a.CreationDate ?? "") < (b.CreationDate ?? "") ? 1 : -1,
  )[0];
  return factsOf(setting, newest as Image);
}

/** The AMI whose id an SSM parameter holds. */
export async function findParameterImage(
  clients: Pick<AwsClients, "ec2" | "ssm">,
  setting: string,
  parameter: string,
): Promise<Finding<ImageFacts>> {
  let value: string;
  try {
    const answer = await clients.ssm.send(new GetParameterCommand({ Name: parameter }));
    value = answer.Parameter?.Value ?? "";
  } catch (error) {
    return awsErrorName(error) === "ParameterNotFound"
      ? problem(`${setting}: this region has no SSM parameter ${parameter}; check name and region`)
      : callProblem(setting, "ssm:GetParameter", error);
  }
  return /^ami-[0-9a-f]+$/.test(value)
    ? findImage(clients, setting, value)
    : problem(`${setting}: ${parameter} does not hold the id of an AMI; give one that does`);
}

function factsOf(setting: string, image: Image): Finding<ImageFacts> {
  const id = image.ImageId ?? "";
  const architecture = (Object.keys(ec2Architectures) as BoxArchitecture[]).find(
    (name) => ec2Architectures[name] === image.Architecture,
  );
  if (architecture === undefined) {
    return problem(
      `${setting}: ${id} is an AMI for ${image.Architecture}; allowed: those for x86_64 and arm64`,
    );
  }
  if (image.Platform?.toLowerCase() === "windows") {
    return problem(`${setting}: ${id} is an AMI of Windows; give one of a Linux`);
  }
  if (image.State !== undefined && image.State !== "available") {
    return problem(`${setting}: ${id} is ${image.State}; give an AMI that is available`);
  }
  if (image.RootDeviceType !== "ebs") {
    return problem(`${setting}: ${id} has its root on ${image.RootDeviceType}; give one on EBS`);
  }
  const root = image.BlockDeviceMappings?.find(
    ({ DeviceName }) => DeviceName === image.RootDeviceName,
  );
  return {
    fact: {
      id,
      name: image.Name ?? id,
      owner: image.OwnerId ?? "",
      architecture,
      rootSnapshotId: root?.Ebs?.SnapshotId,
      rootGiB: root?.Ebs?.VolumeSize,
    },
  };
}
