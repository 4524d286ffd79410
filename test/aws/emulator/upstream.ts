import { request as httpRequest, type IncomingHttpHeaders } from "node:http";

import type { Answer } from "./awsError";
import { Query } from "./query";
import { parseXml, type XmlElement } from "./xml";

/** The moto server behind the proxy. */
export class Upstream {
  constructor(
    public readonly url: string,
    private readonly region: string,
  ) {}

  /** Forwards a request whose body was read already. */
  public async forward(
    method: string,
    path: string,
    headers: IncomingHttpHeaders,
    body: string,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent: IncomingHttpHeaders = {
        ...headers,
        "content-length": String(Buffer.byteLength(body)),
      };
      delete sent["transfer-encoding"];
      delete sent.expect;
      const request = httpRequest(this.url + path, { method, headers: sent }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 500,
            contentType: response.headers["content-type"] ?? "text/xml",
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  /**
   * Asks on the emulator's own behalf.
   *
   * @throws Error when moto refuses
   */
  public async ask(
    service: "ec2" | "iam",
    action: string,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<XmlElement> {
    const query = Query.of(action, parameters);
    if (service === "iam") query.set("Version", "2010-05-08");
    const { status, body } = await this.forward(
      "POST",
      "/",
      { ...this.headers(service), "content-type": "application/x-www-form-urlencoded" },
      query.toString(),
    );
    if (status >= 400) throw new Error(`moto refuses ${action}: ${body}`);
    return parseXml(body);
  }

  /** Headers by which moto knows service and region. */
  public headers(service: string): IncomingHttpHeaders {
    return {
      host: "127.0.0.1",
      authorization: `AWS4-HMAC-SHA256 Credential=emulator/20260101/${this.region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    };
  }
}
