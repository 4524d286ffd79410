import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** What an instance can learn of itself. */
export interface InstanceFacts {
  readonly instanceId: string;
  readonly region: string;
  readonly imageId: string;
  readonly userData: string;
  /** Credentials of its role, if it has one; asked anew for each request. */
  readonly credentials: () => RoleCredentials | undefined;
}

export interface RoleCredentials {
  readonly roleName: string;
  readonly accessKeyId: string;
}

/**
 * The instance metadata service of one instance, version 2 only (Amazon EC2 User Guide, "Use IMDS to access
 * instance metadata"), on the instance's own address instead of 169.254.169.254.
 */
export class MetadataService {
  private readonly tokens = new Set<string>();

  private constructor(
    private readonly facts: InstanceFacts,
    private readonly server: Server,
  ) {
    server.on("request", (request, response) => this.respond(request, response));
  }

  /** @throws Error with the code EADDRINUSE when the address serves another */
  public static async start(facts: InstanceFacts, address: string): Promise<MetadataService> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(80, address, () => resolve());
    });
    server.unref();
    return new MetadataService(facts, server);
  }

  public stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private respond(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "").replace(/\/$/, "");
    if (request.method === "PUT" && path === "/latest/api/token") {
      const token = randomUUID();
      this.tokens.add(token);
      response.end(token);
      return;
    }
    if (!this.tokens.has(String(request.headers["x-aws-ec2-metadata-token"]))) {
      response.writeHead(401).end();
      return;
    }
    const value = this.values()[path];
    if (value === undefined) response.writeHead(404).end();
    else response.end(value);
  }

  private values(): Readonly<Record<string, string>> {
    const { instanceId, region, imageId, userData } = this.facts;
    const credentials = this.facts.credentials();
    const roles = "/latest/meta-data/iam/security-credentials";
    return {
      "/latest/meta-data/instance-id": instanceId,
      "/latest/meta-data/ami-id": imageId,
      "/latest/meta-data/placement/region": region,
      "/latest/user-data": userData,
      "/latest/dynamic/instance-identity/document": JSON.stringify({ instanceId, region, imageId }),
      ...(credentials && {
        [roles]: credentials.roleName,
        [`${roles}/${credentials.roleName}`]: JSON.stringify({
          Code: "Success",
          LastUpdated: new Date().toISOString(),
          Type: "AWS-HMAC",
          AccessKeyId: credentials.accessKeyId,
          SecretAccessKey: "secret-of-the-role",
          Token: "token-of-the-role",
          Expiration: new Date(Date.now() + 6 * 3600_000).toISOString(),
        }),
      }),
    };
  }
}
