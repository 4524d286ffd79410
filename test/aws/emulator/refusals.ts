import { AwsError } from "./awsError";
import type { Upstream } from "./upstream";
import { itemsOf, textOf, type XmlElement } from "./xml";

/**
 * AWS refuses to delete a security group that an instance or its network interface has; moto does not.
 *
 * @throws AwsError DependencyViolation
 */
export async function refuseGroupInUse(upstream: Upstream, groupId: string): Promise<void> {
  const users = await liveInstances(upstream);
  if (
    users.some((item) =>
      itemsOf(item, "groupSet").some((each) => textOf(each, "groupId") === groupId),
    )
  ) {
    throw new AwsError("DependencyViolation", `resource ${groupId} has a dependent object`);
  }
}

/**
 * A key pair in use. AWS itself lets it go; it is refused here to show that things are deleted in an order
 * in which nothing is needed any more.
 *
 * @throws AwsError DependencyViolation
 */
export async function refuseKeyInUse(
  upstream: Upstream,
  { name, id }: { readonly name: string; readonly id: string },
): Promise<void> {
  let keyName = name;
  if (keyName === "" && id !== "") {
    const answer = await upstream.ask("ec2", "DescribeKeyPairs");
    const key = itemsOf(answer, "keySet").find((item) => textOf(item, "keyPairId") === id);
    keyName = key ? textOf(key, "keyName") : "";
  }
  const users = await liveInstances(upstream);
  if (users.some((item) => keyName !== "" && textOf(item, "keyName") === keyName)) {
    throw new AwsError("DependencyViolation", `the key pair ${keyName} is in use by an instance`);
  }
}

/**
 * AWS refuses an image of another architecture than the instance type's.
 *
 * @throws AwsError InvalidParameterValue
 */
export function refuseOtherArchitecture(instanceType: string, architecture: string): void {
  const ofType = /^(a1|[a-z]+\d+g[a-z]*)\./.test(instanceType) ? "arm64" : "x86_64";
  if (ofType === architecture) return;
  throw new AwsError(
    "InvalidParameterValue",
    `The architecture '${ofType}' of the specified instance type does not match the architecture '${architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
  );
}

/** Instances that moto knows and has not terminated. */
export async function liveInstances(upstream: Upstream): Promise<XmlElement[]> {
  const answer = await upstream.ask("ec2", "DescribeInstances", { MaxResults: "1000" });
  return itemsOf(answer, "instancesSet").filter(
    (item) => textOf(item, "instanceState", "name") !== "terminated",
  );
}
