import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const config = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/** A registry that has every image, each alike: what Docker's HTTP API says of manifests and their configuration. */
export class Registry {
  /** What the manifests are. */
  mediaType = "application/vnd.docker.distribution.manifest.v2+json";
  /** What the images are for. */
  architecture = "amd64";

  private constructor(private readonly server: Server) {
    server.on("request", ({ headers, url = "" }, response) => {
      const { architecture, mediaType } = this;
      if (headers.authorization?.startsWith("Basic ") !== true) {
        response.writeHead(401).end();
      } else if (url.includes("/manifests/")) {
        response.writeHead(200, { "content-type": mediaType });
        response.end(JSON.stringify({ schemaVersion: 2, mediaType, config: { digest: config } }));
      } else if (url.endsWith(`/blobs/${config}`)) {
        response.end(JSON.stringify({ architecture, os: "linux" }));
      } else {
        response.writeHead(404).end();
      }
    });
  }

  /** Starts one on a free port of this machine. */
  static async start(): Promise<Registry> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return new Registry(server);
  }

  /** Its URL. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
