import { escapeXml } from "./xml";

/** An answer of the proxy or of moto. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A refusal as AWS words it; each protocol has a form of its own for it. */
export class AwsError extends Error {
  constructor(
    public readonly code: string,
    message: string,
    public readonly status = 400,
  ) {
    super(message);
  }

  public answer(service: string): Answer {
    const code = escapeXml(this.code);
    const message = escapeXml(this.message);
    const error = `<Code>${code}</Code><Message>${message}</Message>`;
    const { status } = this;
    const xml = (body: string): Answer => ({ status, contentType: "text/xml", body });
    if (service === "ec2") {
      return xml(
        `<Response><Errors><Error>${error}</Error></Errors><RequestID>0</RequestID></Response>`,
      );
    }
    if (service === "s3") return xml(`<Error>${error}<RequestId>0</RequestId></Error>`);
    if (service === "ssm") {
      const body = JSON.stringify({ __type: this.code, message: this.message });
      return { status, contentType: "application/x-amz-json-1.1", body };
    }
    return xml(
      `<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>0</RequestId></ErrorResponse>`,
    );
  }
}
