/**
 * Stand-in for what IAM does in front of S3, which moto does not: a proxy that denies (403, as S3 words it)
 * everything until permissions have settled, and what is missing to who may not list the bucket.
 */
import { once } from "node:events";
import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

const denied =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';

/** What happens to requests on their way. */
export interface GateRules {
  /** Requests that are denied before permissions have settled. */
  readonly settlesAfter?: number;
  /** Requests that are always denied. */
  readonly denies?: (method: string, url: string) => boolean;
  /** Told of each request that is let through, before it is; may hold it up. */
  readonly before?: (method: string, key: string) => Promise<void> | void;
}

/** A running proxy. */
export class S3Gate {
  /** Requests let through: method and path with its query's first word. */
  public readonly requests: string[] = [];
  private deniedSoFar = 0;
  private rules: GateRules = {};

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async start(target: string): Promise<S3Gate> {
    const server = createServer();
    const gate = new S3Gate(server, new URL(target));
    server.on("request", (incoming, answer) => void gate.handle(incoming, answer));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return gate;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Begins anew with these rules. */
  set(rules: GateRules): void {
    this.rules = rules;
    this.deniedSoFar = 0;
    this.requests.length = 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private async handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = "", url = "" } = incoming;
    const unsettled = this.deniedSoFar < (this.rules.settlesAfter ?? 0);
    if (unsettled || this.rules.denies?.(method, url) === true) {
      if (unsettled) this.deniedSoFar++;
      incoming.resume();
      await once(incoming, "end");
      answer.writeHead(403, { "content-type": "application/xml" }).end(denied);
      return;
    }
    this.requests.push(`${method} ${url.replace(/[=&].*$/, "")}`);
    await this.rules.before?.(method, url.split("?")[0] ?? "");
    const { hostname, port } = this.target;
    const options = { hostname, port, method, path: url, headers: incoming.headers };
    const forwarded = request(options, (response) => {
      const isObject = /^\/[^/?]+\/[^?]/.test(url);
      if (response.statusCode === 404 && isObject && ["GET", "HEAD"].includes(method)) {
        response.resume();
        answer.writeHead(403, { "content-type": "application/xml" });
        answer.end(method === "HEAD" ? undefined : denied);
        return;
      }
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    forwarded.on("error", (error) => answer.destroy(error));
    incoming.pipe(forwarded);
  }
}
