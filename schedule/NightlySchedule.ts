import * as pulumi from "@pulumi/pulumi";
import { DeploymentSchedule } from "@pulumi/pulumiservice/deploymentSchedule";
import { DeploymentSettings } from "@pulumi/pulumiservice/deploymentSettings";
import { Environment } from "@pulumi/pulumiservice/environment";

import { awsLoginEnvironment } from "./awsLogin";
import { dailyCron, sessionHours, type ScheduleSettings } from "./settings";

export interface NightlyScheduleArgs extends ScheduleSettings {
  /** Name of the Pulumi project that makes the box. */
  project: string;
}

/**
 * A stack that Pulumi Deployments builds every night, and destroys later on its own: the destroy does not
 * wait for the build to succeed, so a failed or stuck one is cleaned up too.
 */
export class NightlySchedule extends pulumi.ComponentResource {
  /** ESC environment that holds the login to AWS, `PROJECT/NAME`. */
  public readonly environment: pulumi.Output<string>;
  /** Cron expressions of both runs, UTC. */
  public readonly crons: { readonly update: string; readonly destroy: string };

  constructor(name: string, args: NightlyScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:schedule:NightlySchedule", name, {}, opts);

    const { organization, project, stack } = args;
    const target = { organization, project, stack };
    const parent = { parent: this };
    this.crons = { update: dailyCron(args.updateAt), destroy: dailyCron(args.destroyAt) };

    const environment = new Environment(
      `${name}-aws-login`,
      {
        organization,
        project,
        name: `${stack}-aws-login`,
        yaml: new pulumi.asset.StringAsset(
          awsLoginEnvironment({
            roleArn: args.roleArn,
            sessionHours: sessionHours(args),
          }),
        ),
      },
      parent,
    );
    this.environment = pulumi.interpolate`${environment.project}/${environment.name}`;

    const settings = new DeploymentSettings(
      `${name}-settings`,
      {
        ...target,
        sourceContext: { git: { repoUrl: args.repository, branch: args.branch } },
        operationContext: {
          // Of several boxes one that fails stops no other; see `pulumi up --help`.
          environmentVariables: { PULUMI_CONTINUE_ON_ERROR: "true" },
          // The checkout's stack file names no environment: what it holds is everybody's, the login is ours.
          preRunCommands: [
            pulumi.interpolate`pulumi config env add ${this.environment} --stack ${organization}/${stack} --yes`,
          ],
        },
      },
      parent,
    );
    for (const operation of ["update", "destroy"] as const) {
      new DeploymentSchedule(
        `${name}-${operation}`,
        { ...target, pulumiOperation: operation, scheduleCron: this.crons[operation] },
        { ...parent, dependsOn: [settings] },
      );
    }
    this.registerOutputs({ environment: this.environment, crons: this.crons });
  }
}
