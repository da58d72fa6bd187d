import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { stackNames } from "../../contract/names";
import type { ServedApi } from "../environments/awsServices";
import { foreignCaller, isThisMachine } from "./callers";
import { ensureGroup } from "./registry";
import { answer } from "./router";
import type { World } from "./world";

/** Maximum size of a request in bytes. */
const maxBody = 2 * 1024 ** 3;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) {
      throw new Error("the request is too large");
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Serves a world's API to its own jobs. The stack's model package group always exists. */
export async function serveJobs(world: World): Promise<ServedApi> {
  const { stack } = await world.options.program();
  ensureGroup(world, stackNames(stack).modelPackageGroupName);
  return serveApi(world, 0);
}

/**
 * Serves this machine's API over HTTP until it is closed; pending requests are answered. Requests are not authenticated,
 * so it listens on loopback by default, where web pages are refused.
 *
 * @param port 0 for any free port
 * @throws Error with the code EADDRINUSE if the port is in use
 */
export async function serveApi(world: World, port: number, host = "127.0.0.1"): Promise<ServedApi> {
  const onLoopback = isThisMachine(host.includes(":") ? `[${host}]` : host);
  const server: Server = createServer((request, response) => {
    const foreign = onLoopback ? foreignCaller(request.headers) : undefined;
    if (foreign !== undefined) {
      const refusal = { __type: "AccessDeniedException", message: foreign };
      response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify(refusal));
      return;
    }
    const respond = async (): Promise<void> => {
      const { body, headers, status } = await answer(world, {
        method: request.method ?? "GET",
        url: request.url ?? "/",
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [
            name,
            Array.isArray(value) ? value.join(", ") : value,
          ]),
        ),
        body: await bodyOf(request),
      });
      response.writeHead(status, headers).end(body);
    };
    respond().catch((error: unknown) => {
      process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
      response.destroy();
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed).listen(port, host, listening);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => {
          closed();
        });
        server.closeIdleConnections();
      }),
  };
}
