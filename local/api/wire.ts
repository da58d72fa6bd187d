import { ApiError, asInvalid } from "./errors";
import { operations } from "./operations";
import { readRequest, type ServiceName, writeAnswer } from "./shapes";
import type { World } from "./world";

/** An HTTP request. */
export interface WireRequest {
  readonly method: string;
  /** Path with the query, percent-encoded. */
  readonly url: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** An HTTP response. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

const contentType = "application/x-amz-json-1.1";

/** The services by the prefix of X-Amz-Target. */
const targets: ReadonlyMap<string, ServiceName> = new Map([
  ["Logs_20140328", "logs"],
  ["SageMaker", "sagemaker"],
]);

function errorResponse(error: ApiError): WireResponse {
  const { code, message, status } = error;
  return {
    status,
    headers: { "content-type": contentType, "x-amzn-errortype": code },
    body: JSON.stringify({ __type: code, message, Message: message }),
  };
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.length === 0 ? "{}" : body.toString("utf8"));
  } catch {
    throw new ApiError("SerializationException", "The body of the request is not JSON.");
  }
}

/** Whether a request is for a service with AWS JSON 1.1. */
export function isJsonRequest({ headers }: WireRequest): boolean {
  return headers["x-amz-target"] !== undefined;
}

/**
 * Answers a request to a service with AWS JSON 1.1: SageMaker and CloudWatch Logs. Unsupported operations are refused by
 * name.
 */
export async function answerJson(world: World, request: WireRequest): Promise<WireResponse> {
  const [prefix = "", operation = ""] = (request.headers["x-amz-target"] ?? "").split(".");
  try {
    const service = targets.get(prefix);
    if (service === undefined || !Object.hasOwn(operations[service], operation)) {
      throw new ApiError(
        "UnknownOperationException",
        `The operation ${operation || prefix} is not available on this machine.`,
      );
    }
    const checked = readRequest(service, operation, parseBody(request.body));
    const perform = operations[service][operation] as AnyOperation;
    const answer = await repeatable(world, operation, request.body, () =>
      asInvalid(() => perform(world, checked)),
    );
    return {
      status: 200,
      headers: { "content-type": contentType },
      body: JSON.stringify(writeAnswer(service, operation, answer)),
    };
  } catch (error) {
    return errorResponse(error instanceof ApiError ? error : internal(error));
  }
}

/** The errors of operations that end what they name, when they are repeated. */
const repeated: Readonly<Record<string, string>> = {
  DeletePipeline: "ResourceNotFound",
  StopPipelineExecution: "ConflictException",
};

/**
 * Performs an operation. If it was performed before with the same token, it is not refused, but has the response of then.
 * Source: ClientRequestToken, "completes no more than once".
 */
async function repeatable(
  world: World,
  operation: string,
  body: Buffer,
  perform: () => Promise<object>,
): Promise<object> {
  const code = repeated[operation];
  if (code === undefined) {
    return perform();
  }
  const key = `${operation} ${body.toString()}`;
  try {
    const answer = await perform();
    world.performed.set(key, answer);
    return answer;
  } catch (error) {
    const earlier =
      error instanceof ApiError && error.code === code ? world.performed.get(key) : undefined;
    if (earlier === undefined) {
      throw error;
    }
    return earlier;
  }
}

/** An operation whose request is already checked. */
type AnyOperation = (world: World, request: unknown) => object | Promise<object>;

/** Reports an error of this program, with its trace on standard error. */
function internal(error: unknown): ApiError {
  process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
  return new ApiError("InternalFailure", (error as Error).message, 500);
}
