import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

/** A request to a model, or its response. */
export interface Message {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The response of a model's containers. */
interface Invocation extends Message {
  readonly status: number;
  /** The responding container's name in the service's errors. */
  readonly container: string;
}

/** Limits of an invocation. */
interface InvocationLimits {
  /** Between two containers. */
  readonly maxBytes?: number;
  /** Until a container has responded. */
  readonly maxSeconds?: number;
}

/** A container that does not respond. Evidence for the messages: aws/amazon-sagemaker-examples#799 and #2815. */
export function unanswered(container: string, error?: unknown): Invocation {
  const text =
    (error as Error | undefined)?.name === "TimeoutError"
      ? `Your invocation timed out while waiting for a response from container ${container}.`
      : `Amazon SageMaker could not get a response from container ${container}.`;
  return { status: 0, headers: {}, body: new TextEncoder().encode(text), container };
}

/** Whether a response is a prediction. */
export const isPrediction = ({ status }: Pick<Invocation, "status">): boolean =>
  status >= 200 && status < 300;

/** Headers of a response that are passed on. */
const answered = ["content-type", "x-amzn-sagemaker-custom-attributes"];

/**
 * Headers of a request that are passed on to a model, if they are given.
 * Source: "Interact with ... Custom Attributes".
 */
const asked = [...answered, "accept"];

/** Some of a message's headers. */
function headersOf(
  all: Readonly<Record<string, string[] | string | undefined>>,
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = all[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

/** The headers of a request that are passed on to a model. */
export const passedOn = (headers: Parameters<typeof headersOf>[0]): Message["headers"] =>
  headersOf(headers, asked);

async function ask(
  port: number,
  { body, headers }: Message,
  seconds: number | undefined,
): Promise<Omit<Invocation, "container">> {
  const response = await fetch(`http://127.0.0.1:${port}/invocations`, {
    method: "POST",
    headers,
    body: Uint8Array.from(body),
    redirect: "manual",
    signal: seconds === undefined ? null : AbortSignal.timeout(1000 * seconds),
  });
  return {
    status: response.status,
    headers: headersOf(Object.fromEntries(response.headers), answered),
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

/**
 * Invokes the containers of a model in turn: each response, with its Content-Type, is the request to the next, and only
 * the last gets the client's Accept. The first failure is returned. Source: SageMaker guide, "Host models along with
 * pre-processing logic as serial inference pipeline behind one endpoint"; aws/amazon-sagemaker-examples#729 and #3235
 * (the second container gets the first one's type, whatever the client accepts; the names in errors).
 *
 * @param ports of the containers, in order
 * @param limits by default, none
 * @returns the status 0, as in the service's errors, if a container does not respond
 */
export async function invokeContainers(
  ports: readonly number[],
  request: Message,
  { maxBytes = Infinity, maxSeconds }: InvocationLimits = {},
): Promise<Invocation> {
  const { accept, ...headers } = request.headers;
  let message: Message = { headers, body: request.body };
  let answer: Invocation = { ...message, status: 200, container: "primary" };
  for (const [index, port] of ports.entries()) {
    const isLast = index === ports.length - 1;
    const container = ports.length === 1 ? "primary" : `container-${index + 1}`;
    const sent = isLast && accept !== undefined ? { ...message.headers, accept } : message.headers;
    try {
      answer = { ...(await ask(port, { ...message, headers: sent }, maxSeconds)), container };
    } catch (error) {
      return unanswered(container, error);
    }
    if (isLast || answer.status !== 200) {
      return answer;
    }
    if (answer.body.byteLength > maxBytes) {
      const text =
        `the request payload from ${container} to container-${index + 2} is ${answer.body.byteLength} bytes, which ` +
        `has exceeded the maximum limit of ${maxBytes / 1024 ** 2} MB`;
      const body = new TextEncoder().encode(text);
      return { status: 413, headers: { "content-type": "text/plain" }, body, container };
    }
    message = { headers: { ...headers, ...answer.headers }, body: answer.body };
  }
  return answer;
}

/** The header with the name of the responding container, if one server combines several. */
export const containerHeader = "x-restate-container";

/**
 * The runtime's response if a model refuses a request. Source: ModelError.
 * @param log where to look for the reason
 */
export function modelError(
  { body, container, status }: Pick<Invocation, "body" | "container" | "status">,
  log?: string,
): object {
  const side = status >= 400 && status < 500 ? "client" : "server";
  const original = Buffer.from(body).toString("utf8");
  const more = log === undefined ? "" : ` See ${log} for more information.`;
  return {
    // Evidence for the message: aws-samples/amazon-sagemaker-custom-recommender-system#2.
    Message: `Received ${side} error (${status}) from ${container} with message "${original}".${more}`,
    OriginalMessage: original,
    OriginalStatusCode: status,
  };
}

/** Serves containers as one by the container contract, on a port of this machine. @returns a function that ends it */
export function serveContainers(ports: readonly number[], port: number): Promise<() => void> {
  const server = createServer((request, response) => {
    const respond = async (): Promise<void> => {
      const body = await buffer(request);
      if (request.url !== "/invocations" || request.method !== "POST") {
        // All of them have answered /ping; the first one answers other requests.
        const found = await fetch(`http://127.0.0.1:${ports[0] ?? 0}${request.url ?? "/"}`, {
          method: request.method ?? "GET",
        });
        const type = found.headers.get("content-type");
        response
          .writeHead(found.status, type === null ? {} : { "content-type": type })
          .end(Buffer.from(await found.arrayBuffer()));
        return;
      }
      const answer = await invokeContainers(ports, {
        headers: passedOn(request.headers),
        body,
      });
      response
        .writeHead(answer.status || 502, { ...answer.headers, [containerHeader]: answer.container })
        .end(answer.body);
    };
    respond().catch((error: unknown) => {
      response.writeHead(502, { "content-type": "text/plain" }).end((error as Error).message);
    });
  });
  return new Promise((listening, failed) => {
    server.once("error", failed).listen(port, "127.0.0.1", () => {
      listening(() => {
        server.close();
        server.closeAllConnections();
      });
    });
  });
}
