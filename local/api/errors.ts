import { UserError } from "../../errors/userError";

/** What a service answers instead of a result: an error with a code of its own, which clients tell apart. */
export class ApiError extends Error {
  /** @param status HTTP status; by default that of a client's mistake */
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** The request is not one that the service takes. */
export const invalid = (message: string): ApiError => new ApiError("ValidationException", message);

/** There is no such thing, where the operation has an error of its own for it. */
export const notFound = (message: string): ApiError => new ApiError("ResourceNotFound", message);

/** What is asked for does not fit the state that something is in. */
export const conflict = (message: string): ApiError => new ApiError("ConflictException", message);

/**
 * @param refusal the service's error for a request that it does not take
 * @throws ApiError for members of a request that the service takes, but nothing here honours
 */
export function refuseUnsupported(
  request: object,
  members: readonly string[],
  refusal: (message: string) => ApiError = invalid,
): void {
  for (const member of members) {
    if ((request as Readonly<Record<string, unknown>>)[member] !== undefined) {
      throw refusal(`${member} is not supported on this machine`);
    }
  }
}

/** Does work whose mistakes of the user are errors of the service. */
export async function asInvalid<Result>(work: () => Promise<Result> | Result): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UserError ? invalid(error.message) : error;
  }
}
