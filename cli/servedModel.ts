import { Readable } from "node:stream";

import { containerHeader, modelError } from "../local/environments/inferencePipeline";
import { UserError } from "../errors/userError";
import type { ClientConfig } from "../sageMaker/clients";

/**
 * The configuration of a runtime client for a model served on a port of this machine: it calls POST /invocations, as
 * SageMaker calls a container.
 */
export function servedModel(port: number): ClientConfig {
  const handle = async (request: {
    readonly headers: Record<string, string>;
    readonly body?: string | Uint8Array;
  }): Promise<object> => {
    let response: Response;
    try {
      response = await fetch(`http://127.0.0.1:${port}/invocations`, {
        method: "POST",
        headers: {
          "content-type": request.headers["content-type"] ?? "",
          accept: request.headers["accept"] ?? "",
        },
        body: request.body ?? "",
      });
    } catch {
      throw new UserError(
        `no model is served on port ${port}; \`npm run local -- serve\` serves one`,
      );
    }
    const answer = Buffer.from(await response.arrayBuffer());
    const { status } = response;
    const container = response.headers.get(containerHeader) ?? "primary";
    const body = response.ok
      ? answer
      : Buffer.from(JSON.stringify(modelError({ body: answer, container, status })));
    const headers: Record<string, string> = response.ok
      ? { "content-type": response.headers.get("content-type") ?? "" }
      : { "content-type": "application/json", "x-amzn-errortype": "ModelError" };
    return {
      response: { statusCode: response.ok ? 200 : 424, headers, body: Readable.from([body]) },
    };
  };
  return {
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
    requestHandler: { handle, destroy: () => undefined },
  };
}
