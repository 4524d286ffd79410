import type { BoxArchitecture } from "../formats/box/texts";
import type { AwsPlace } from "./aws/awsPlace";
import type { Looks } from "./looks";
import type { AwsSettings, SettingsGroups } from "./schema";
import { identifyAwsSource, type AwsIdentity } from "./sourceIdentity";

/** The account of target `aws`, as far as the settings need it. */
export interface AwsTarget {
  /** Missing when something is wrong. */
  readonly source?: AwsIdentity;
  /** Whether the account answers; otherwise it can be asked nothing else. */
  readonly reached: boolean;
  readonly problems: readonly string[];
}

/**
 * Looks at the AWS account for what the settings of target `aws` point at.
 *
 * @param groups the groups of settings that are right
 * @param architecture of the box, as far as that is right
 */
export async function lookAtAws(
  groups: Partial<SettingsGroups>,
  architecture: BoxArchitecture | undefined,
  place: AwsPlace,
  projectDirectory: string,
  looks: Looks,
): Promise<AwsTarget> {
  // Only who builds in EC2 waits for the SDK.
  const { examineAccount } = await import("./aws/account");
  const { source, worker, provisioning } = groups as Partial<AwsSettings>;
  const { facts, reached, problems } = await examineAccount(
    { source, worker, architecture },
    place,
    process.env,
    looks,
  );
  return {
    ...(facts &&
      source &&
      provisioning && {
        source: identifyAwsSource(source, provisioning, facts, projectDirectory),
      }),
    reached,
    problems,
  };
}
