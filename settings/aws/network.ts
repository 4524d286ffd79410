import { DescribeSubnetsCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";

import { awsErrorName, callProblem } from "./awsErrors";
import type { AwsClients } from "./clients";
import { problem, type Finding } from "./finding";

const setting = "worker.subnetId";

/** The VPC of a subnet, or the region's default one, which must be there. */
export async function findVpc(
  { ec2 }: Pick<AwsClients, "ec2">,
  subnetId: string | undefined,
): Promise<Finding<string>> {
  if (subnetId === undefined) return findDefaultVpc(ec2);
  try {
    const query = new DescribeSubnetsCommand({ SubnetIds: [subnetId] });
    const vpc = (await ec2.send(query)).Subnets?.[0]?.VpcId;
    return vpc === undefined ? noSubnet(subnetId) : { fact: vpc };
  } catch (error) {
    return awsErrorName(error).startsWith("InvalidSubnetID")
      ? noSubnet(subnetId)
      : callProblem(setting, "ec2:DescribeSubnets", error);
  }
}

async function findDefaultVpc(ec2: AwsClients["ec2"]): Promise<Finding<string>> {
  try {
    const query = new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] });
    const vpc = (await ec2.send(query)).Vpcs?.[0]?.VpcId;
    return vpc === undefined
      ? problem(
          `${setting}: is missing, and this region has no default VPC; give a subnet whose machines have public addresses`,
        )
      : { fact: vpc };
  } catch (error) {
    return callProblem(setting, "ec2:DescribeVpcs", error);
  }
}

function noSubnet(subnetId: string): Finding<never> {
  return problem(`${setting}: ${subnetId} is no subnet of this region; give one it has`);
}
