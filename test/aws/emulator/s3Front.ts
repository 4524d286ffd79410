import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";

import type { Call } from "./call";
import type { Faults } from "./faults";
import type { IamSettling } from "./iam";
import {
  accessDenied,
  forEverybody,
  isAllowed,
  s3Access,
  type PolicyDocument,
  type S3Access,
} from "./s3Permissions";
import type { Upstream } from "./upstream";

/** S3 in front of moto's, which asks for no permission: roles and the public may what policies allow. */
export class S3Front {
  constructor(
    private readonly upstream: Upstream,
    private readonly iam: IamSettling,
    private readonly faults: Faults,
    /** Role sessions by access key id. */
    private readonly sessions: ReadonlyMap<string, string>,
    private readonly log: Call[],
  ) {}

  /** Passes a request on with its body as it comes, when it is allowed. */
  public async serve(
    request: IncomingMessage,
    response: ServerResponse,
    accessKeyId: string | undefined,
  ): Promise<void> {
    const { method = "GET", url = "/", headers } = request;
    const access = s3Access(method, url);
    const { operation, permission } = access;
    this.log.push({ name: `s3:${operation}`, permission, accessKeyId });
    const hidesMissing = !(await this.allow(access, accessKeyId));
    await this.faults.meet(access.operation);
    await new Promise<void>((resolve, reject) => {
      // It has been decided who may do this; moto denies the public a HEAD that S3 grants.
      const { authorization } = this.upstream.headers("s3");
      const sent = accessKeyId === undefined ? { ...headers, authorization } : headers;
      const options = { method, headers: sent };
      const passed = httpRequest(this.upstream.url + url, options, (answer) => {
        if (answer.statusCode === 404 && hidesMissing) {
          answer.resume();
          reject(accessDenied("the caller", access));
          return;
        }
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response).on("finish", resolve);
      });
      passed.on("error", reject);
      request.pipe(passed);
    });
  }

  /**
   * @returns whether the caller may learn that a key is missing
   * @throws AwsError AccessDenied
   */
  private async allow(access: S3Access, accessKeyId: string | undefined): Promise<boolean> {
    const bucketArn = access.resource.split("/")[0] as string;
    if (accessKeyId === undefined) {
      const documents = await this.bucketPolicy(bucketArn);
      if (!isAllowed(documents, access.permission, access.resource)) {
        throw accessDenied("anonymous", access);
      }
      return isAllowed(documents, "s3:ListBucket", bucketArn);
    }
    if (!accessKeyId.startsWith("ASIA")) return true;
    const role = this.sessions.get(accessKeyId);
    const may = (permission: string, resource: string): Promise<boolean> =>
      role === undefined ? Promise.resolve(false) : this.iam.roleMay(role, permission, resource);
    if (!(await may(access.permission, access.resource))) {
      throw accessDenied(`role ${role ?? "unknown"}`, access);
    }
    return may("s3:ListBucket", bucketArn);
  }

  private async bucketPolicy(bucketArn: string): Promise<PolicyDocument[]> {
    const bucket = bucketArn.replace(/^.*:/, "");
    const { status, body } = await this.upstream.forward(
      "GET",
      `/${bucket}?policy`,
      this.upstream.headers("s3"),
      "",
    );
    return status === 200 ? [forEverybody(JSON.parse(body) as PolicyDocument)] : [];
  }
}
