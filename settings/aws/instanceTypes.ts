import type { BoxArchitecture } from "../../formats/box/texts";
import { DescribeInstanceTypesCommand, type _InstanceType } from "@aws-sdk/client-ec2";

import { awsErrorName, callProblem } from "./awsErrors";
import type { AwsClients } from "./clients";
import { problem, type Finding } from "./finding";
import { ec2Architectures } from "./images";

/** Types taken where the settings name none, by what they are for. */
export const defaultInstanceTypes = {
  worker: { amd64: "c6i.xlarge", arm64: "c7g.xlarge" },
  builder: { amd64: "t3.medium", arm64: "t4g.medium" },
} as const;

/**
 * Whether the region has a type, and whether it can start an image for a processor.
 *
 * @param architecture the image's; missing when that cannot be told
 */
export async function checkInstanceType(
  { ec2 }: Pick<AwsClients, "ec2">,
  setting: string,
  type: string,
  architecture: BoxArchitecture | undefined,
): Promise<Finding<string>> {
  const example = defaultInstanceTypes.worker[architecture ?? "amd64"];
  const unknown = `${setting}: ${type} is no instance type of this region; give one it has, such as ${example}`;
  let supported: readonly string[];
  try {
    const query = new DescribeInstanceTypesCommand({ InstanceTypes: [type as _InstanceType] });
    const [found] = (await ec2.send(query)).InstanceTypes ?? [];
    if (found === undefined) return problem(unknown);
    supported = found.ProcessorInfo?.SupportedArchitectures ?? [];
  } catch (error) {
    return /^InvalidInstanceType/.test(awsErrorName(error))
      ? problem(unknown)
      : callProblem(setting, "ec2:DescribeInstanceTypes", error);
  }
  return architecture === undefined || supported.includes(ec2Architectures[architecture])
    ? { fact: type }
    : problem(
        `${setting}: ${type} is a type for ${supported.join(", ")} and the image is for ${architecture}; give a type such as ${example}`,
      );
}
