/** Which region and credentials the AWS calls are made with, as Pulumi's own provider has them. */
export interface AwsPlace {
  /** `aws:region`, else AWS_REGION or AWS_DEFAULT_REGION; missing when there is none. */
  readonly region?: string;
  /** `aws:profile`; missing for what the environment has. */
  readonly profile?: string;
}

/**
 * The place a stack's configuration and the environment name.
 *
 * @param config values by their full keys, such as `aws:region`
 */
export function awsPlaceOf(
  config: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): AwsPlace {
  const region = [
    config["aws:region"],
    environment["AWS_REGION"],
    environment["AWS_DEFAULT_REGION"],
  ].find((value) => typeof value === "string" && value !== "");
  const profile = config["aws:profile"];
  return {
    ...(typeof region === "string" && { region }),
    ...(typeof profile === "string" && profile !== "" && { profile }),
  };
}

/**
 * Why a place is none to make calls to, in sentences; empty when it is one.
 *
 * @param setting what names the region
 */
export function regionProblems({ region }: AwsPlace, setting = "aws:region"): string[] {
  if (region === undefined) {
    return [
      `${setting}: is missing; set it, for example with: pulumi config set aws:region eu-central-1`,
    ];
  }
  return /^[a-z]{2}(-[a-z]+)+-[0-9]$/.test(region)
    ? []
    : [`${setting}: ${JSON.stringify(region)} is no region; allowed: names such as eu-central-1`];
}
