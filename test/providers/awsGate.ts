/**
 * Stand-in for the awkward sides of EC2 and IAM, which moto does not have: a proxy in front of it that refuses
 * calls on request, and shows things in a state that they have left already.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What happens to the next calls of an action. */
interface Rule {
  readonly action: string;
  /** Calls that it still applies to. */
  left: number;
  /** Puts another answer in the place of moto's; without it the call does not reach moto. */
  readonly answer: (body: string) => string;
  readonly status: number;
  readonly reaches: boolean;
}

/** An error of AWS; 400 is EC2's status for all that the caller did wrong. */
export interface Refusal {
  readonly code: string;
  readonly message?: string;
  readonly times?: number;
}

const errorBody = (code: string, message: string): string =>
  `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>gate</RequestID></Response>`;

/** IAM and STS word errors in another frame than EC2. */
const iamErrorBody = (code: string, message: string): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>gate</RequestId></ErrorResponse>`;

/** A running proxy. */
export class AwsGate {
  /** Actions that arrived, refused ones too. */
  public readonly calls: string[] = [];
  private rules: Rule[] = [];

  private constructor(
    private readonly server: Server,
    private readonly target: string,
  ) {}

  static async start(target: string): Promise<AwsGate> {
    const server = createServer();
    const gate = new AwsGate(server, target);
    server.on("request", (incoming, answer) => void gate.handle(incoming, answer));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Refuses the next calls of an action. */
  refuse(action: string, { code, message = "asked for by the test", times = 1 }: Refusal): void {
    const iam = /Role|InstanceProfile$/.test(action) && !action.includes("Iam");
    const body = (iam ? iamErrorBody : errorBody)(code, message);
    this.rules.push({ action, left: times, answer: () => body, status: 400, reaches: false });
  }

  /** Shows moto's next answers to an action otherwise. */
  show(action: string, times: number, otherwise: (body: string) => string): void {
    this.rules.push({ action, left: times, answer: otherwise, status: 200, reaches: true });
  }

  /** Forgets rules and calls; tells which rules no call met. */
  reset(): string[] {
    const unmet = this.rules.filter(({ left }) => left > 0).map(({ action }) => action);
    this.rules = [];
    this.calls.length = 0;
    return unmet;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private async handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = "", url = "" } = incoming;
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(
        ([name]) => !/^(connection|content-length)$/.test(name),
      ),
    ) as Record<string, string>;
    const action =
      headers["x-amz-target"]?.split(".")[1] ??
      new URLSearchParams(body.toString()).get("Action") ??
      `${method} ${url}`;
    this.calls.push(action);
    const rule = this.rules.find((each) => each.action === action && each.left > 0);
    if (rule !== undefined) rule.left -= 1;
    if (rule?.reaches === false) {
      answer.writeHead(rule.status, { "content-type": "text/xml" }).end(rule.answer(""));
      return;
    }
    const got = await fetch(this.target + url, {
      method,
      headers,
      ...(body.length > 0 && { body }),
    });
    const text = await got.text();
    const type = got.headers.get("content-type") ?? "text/xml";
    answer.writeHead(got.status, { "content-type": type }).end(rule?.answer(text) ?? text);
  }
}
