import { UserError } from "../errors/userError";
import type { WorldOptions } from "./world";

/**
 * Refuses a command that only works on this machine if it was called for AWS.
 *
 * @param instead what to do in AWS instead
 * @throws UserError if `--local` is missing
 */
export function onThisMachine(verb: string, { local }: WorldOptions, instead?: string): void {
  if (local !== true) {
    const other = instead === undefined ? "" : `; for a stack in AWS, ${instead}`;
    throw new UserError(`${verb} only works on this machine: add --local${other}`);
  }
}
