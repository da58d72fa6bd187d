import { UserError } from "../../errors/userError";

/** An error response of a service, with a code. */
export class ApiError extends Error {
  /** @param status HTTP status; by default 400 */
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** The request is not valid. */
export const invalid = (message: string): ApiError => new ApiError("ValidationException", message);

/** The resource does not exist, for operations that have this error. */
export const notFound = (message: string): ApiError => new ApiError("ResourceNotFound", message);

/** The operation is not possible in the resource's state. */
export const conflict = (message: string): ApiError => new ApiError("ConflictException", message);

/**
 * @param refusal the service's error for an invalid request
 * @throws ApiError for members of a request that the service supports, but this machine does not
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

/** Turns users' mistakes into errors of the service. */
export async function asInvalid<Result>(work: () => Promise<Result> | Result): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UserError ? invalid(error.message) : error;
  }
}
