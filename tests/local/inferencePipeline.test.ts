import { deepEqual, rejects } from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { invokeContainers } from "../../local/environments/inferencePipeline";
import { startServers } from "../../local/environments/serving";
import { Workspace } from "../../local/records/workspace";
import { Images } from "../../local/standins/images";
import { temporaryFolder } from "../support/localRun";

describe("the containers of a model", () => {
  const folder = temporaryFolder();

  it("are not served without a program for their image, with what helps", async () => {
    const registry = "111122223333.dkr.ecr.us-east-1.amazonaws.com";
    for (const [repository, hint] of [
      [
        "restate-other-decision-tree",
        "it is that of stack other: add its --config-file, or --stack other",
      ],
      ["ranker", "use --image to run it"],
    ]) {
      const uri = `${registry}/${repository}:7`;
      const model = { containers: [{ Image: uri }], name: "ranks", ports: [0], title: "ranks" };
      const images = new Images(`${registry}/restate-dev-decision-tree:7`);
      await rejects(startServers(new Workspace(folder), images, model), {
        name: "UserError",
        message: `the image ${uri} cannot serve here; ${hint}`,
      });
    }
  });

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
