import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A Debian archive on this machine that has nothing but `Release` files. */
export class ArchiveServer {
  /** Paths that were asked for. */
  public readonly requests: string[] = [];
  /** What each path answers: a status, or the text of a file. */
  public readonly answers = new Map<string, number | string>();
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const path = request.url ?? "";
      this.requests.push(path);
      const answer = this.answers.get(path) ?? 404;
      response.writeHead(typeof answer === "number" ? answer : 200);
      response.end(typeof answer === "number" ? "" : answer);
    });
  }

  public async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Root of the archive. */
  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Settings of a source that takes everything from here. */
  public source(suite: string): Record<string, unknown> {
    return {
      type: "debian",
      suite,
      mirror: `${this.url}/debian`,
      securityMirror: `${this.url}/security`,
    };
  }

  /** Has a suite, main and security, as of two days. */
  public addSuite(suite: string, date: string, securityDate: string): void {
    this.answers.set(`/debian/dists/${suite}/Release`, release(date));
    this.answers.set(`/security/dists/${suite}-security/Release`, release(securityDate));
  }
}

function release(date: string): string {
  return `Origin: Debian\nSuite: oldstable\nDate: ${date}\nArchitectures: all amd64\n`;
}
