import { deepEqual } from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { invokeContainers } from "../../local/environments/inferencePipeline";

describe("the containers of a model", () => {
  it("are no longer awaited after a time", async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    const request = { headers: {}, body: new Uint8Array() };
    const { body, container, status } = await invokeContainers([port], request, {
      maxSeconds: 0.01,
    });
    server.closeAllConnections();
    server.close();
    deepEqual(
      [status, container, Buffer.from(body).toString()],
      [
        0,
        "primary",
        "Your invocation timed out while waiting for a response from container primary.",
      ],
    );
  });
});
