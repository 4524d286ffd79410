import * as fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";

/** Content types by extension; a file without one is what Vagrant's shorthand asks for. */
const contentTypes: Readonly<Record<string, string>> = {
  ".json": "application/json",
  ".html": "text/html; charset=utf-8",
  "": "application/json",
};

/** A plain web server on a free port of the loopback address that shows a folder, as nginx would. */
export class WebServer {
  public readonly url: string;
  /** Method and path of each request, in order. */
  public readonly requests: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
  ) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  public static async start(folder: string): Promise<WebServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const web = new WebServer(server, folder);
    server.on("request", (request, response) => {
      const { pathname } = new URL(request.url ?? "/", web.url);
      web.requests.push(`${request.method} ${pathname}`);
      const file = path.join(web.folder, decodeURIComponent(pathname));
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      if (stat === undefined || !stat.isFile()) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, {
        "Content-Type": contentTypes[path.extname(file)] ?? "application/octet-stream",
        "Content-Length": stat.size,
      });
      if (request.method === "HEAD") response.end();
      else fs.createReadStream(file).pipe(response);
    });
    return web;
  }

  public stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}
