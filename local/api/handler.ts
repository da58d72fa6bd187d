import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

import { answer } from "./router";
import type { World } from "./world";

/** The members of a request of the AWS SDK for JavaScript that are read here. */
interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A response to the AWS SDK for JavaScript. */
interface SdkResponse {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Record<string, string>;
    readonly body: Readable;
  };
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (body instanceof Uint8Array) {
    // Buffer.from(body) would ask for its text, of which the SDK warns.
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }
  return typeof body === "string"
    ? Buffer.from(body)
    : buffer((body ?? []) as AsyncIterable<Uint8Array>);
}

function urlOf({ path, query = {} }: SdkRequest): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly string[]) : [value as string | null]).map((one) =>
      one === null || one === ""
        ? encodeURIComponent(name)
        : `${encodeURIComponent(name)}=${encodeURIComponent(one)}`,
    ),
  );
  return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
}

/**
 * The `requestHandler` of an AWS SDK client that answers requests in this process, instead of AWS.
 */
export function requestHandler(world: World): {
  readonly handle: (request: SdkRequest) => Promise<SdkResponse>;
  readonly destroy: () => void;
} {
  return {
    handle: async (request) => {
      const { body, headers, status } = await answer(world, {
        method: request.method,
        url: urlOf(request),
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
        ),
        body: await bytesOf(request.body),
      });
      return {
        response: {
          statusCode: status,
          headers: { ...headers },
          body: Readable.from([typeof body === "string" ? Buffer.from(body) : body]),
        },
      };
    },
    destroy: () => undefined,
  };
}
