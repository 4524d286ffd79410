import { AwsError } from "./awsError";
import type { Query } from "./query";
import { isAllowed, type PolicyDocument } from "./s3Permissions";
import type { Upstream } from "./upstream";
import { itemsNamed, textOf } from "./xml";

/**
 * What IAM does between an answer and the moment the rest of AWS knows of it: nothing written in the last
 * `settleSeconds` counts.
 */
export class IamSettling {
  private readonly profileChanges = new Map<string, number>();
  private readonly roleChanges = new Map<string, number>();

  constructor(
    private readonly upstream: Upstream,
    private readonly settleSeconds: number,
  ) {}

  /** Takes note of a call that was granted. */
  public note(query: Query): void {
    const now = Date.now();
    switch (query.action) {
      case "CreateInstanceProfile":
      case "AddRoleToInstanceProfile":
        this.profileChanges.set(query.get("InstanceProfileName"), now);
        break;
      case "CreateRole":
      case "PutRolePolicy":
      case "AttachRolePolicy":
        this.roleChanges.set(query.get("RoleName"), now);
        break;
    }
  }

  /** @throws AwsError when EC2 does not know of the profile yet, or it has no role */
  public async checkProfile(name: string): Promise<void> {
    const invalid = (reason: string): AwsError =>
      new AwsError(
        "InvalidParameterValue",
        `Value (${name}) for parameter iamInstanceProfile.name is invalid. ${reason}`,
      );
    if (!this.isSettled(this.profileChanges.get(name))) {
      throw invalid("Invalid IAM Instance Profile name");
    }
    if ((await this.roleOf(name)) === undefined) {
      throw invalid("The IAM instance profile has no associated IAM Roles");
    }
  }

  /** Name of the role of an instance profile; undefined when it has none or is not there. */
  public async roleOf(profile: string): Promise<string | undefined> {
    try {
      const answer = await this.upstream.ask("iam", "GetInstanceProfile", {
        InstanceProfileName: profile,
      });
      const [role] = itemsNamed(answer, "RoleName");
      return role?.text;
    } catch {
      return undefined;
    }
  }

  /** Whether a role's own policies, as far as they have settled, allow something. */
  public async roleMay(role: string, permission: string, resource: string): Promise<boolean> {
    if (!this.isSettled(this.roleChanges.get(role))) return false;
    const names = itemsNamed(
      await this.upstream.ask("iam", "ListRolePolicies", { RoleName: role }),
      "member",
    );
    const documents = await Promise.all(
      names.map(async ({ text }) => {
        const answer = await this.upstream.ask("iam", "GetRolePolicy", {
          RoleName: role,
          PolicyName: text,
        });
        const document = textOf(answer, "GetRolePolicyResult", "PolicyDocument");
        return JSON.parse(decodeURIComponent(document)) as PolicyDocument;
      }),
    );
    return isAllowed(documents, permission, resource);
  }

  private isSettled(changed: number | undefined): boolean {
    return Date.now() - (changed ?? 0) >= this.settleSeconds * 1000;
  }
}
