import { deepEqual, equal, match } from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";

import type { ServedApi } from "../../../local/environments/awsServices";
import { serveApi } from "../../../local/api/server";
import { temporaryFolder } from "../../support/localRun";
import { localWorld } from "../../support/localWorld";

describe("this machine's API on loopback", () => {
  const world = localWorld(temporaryFolder());
  let api: ServedApi;

  before(async () => {
    api = await serveApi(world, 0);
  });
  after(() => api.close());

  /** Lists the pipelines, with more headers. */
  const list = async (headers: Readonly<Record<string, string>>): Promise<[number, object]> => {
    const response = await new Promise<IncomingMessage>((done, failed) => {
      request(
        api.url,
        { method: "POST", headers: { "x-amz-target": "SageMaker.ListPipelines", ...headers } },
        done,
      )
        .on("error", failed)
        .end("{}");
    });
    return [response.statusCode ?? 0, (await json(response)) as object];
  };

  for (const host of [
    "127.0.0.1:4577",
    "localhost",
    "LOCALHOST:80",
    "bucket.localhost:4577",
    "[::1]:4577",
    "host.docker.internal:4577",
  ]) {
    it(`answers programs that name it ${host}`, async () => {
      deepEqual(await list({ host }), [200, { PipelineSummaries: [] }]);
    });
  }

  for (const [what, headers] of Object.entries<Readonly<Record<string, string>>>({
    "a page's host that resolves to it": { host: "rebound.example.com:4577" },
    "a host that begins like it": { host: "127.0.0.1.example.com" },
    "a host that ends like it": { host: "examplelocalhost" },
    "a page elsewhere": { origin: "https://example.com" },
    "a page without an origin": { origin: "null" },
  })) {
    it(`refuses ${what}`, async () => {
      const [status, body] = await list(headers);
      equal(status, 403);
      match(
        JSON.stringify(body),
        /AccessDeniedException.*(not this machine|may not send requests)/,
      );
    });
  }

  it("answers pages of this machine", async () => {
    equal((await list({ origin: "http://localhost:8888" }))[0], 200);
  });

  it("answers anybody on other addresses, which only an option allows", async () => {
    const open = await serveApi(world, 0, "0.0.0.0");
    const { port } = new URL(open.url);
    const answer = await fetch(`http://127.0.0.1:${port}`, {
      method: "POST",
      headers: { "x-amz-target": "SageMaker.ListPipelines", origin: "https://example.com" },
      body: "{}",
    });
    equal(answer.status, 200);
    await open.close();
  });
});
