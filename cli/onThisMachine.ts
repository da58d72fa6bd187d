import { UserError } from "../errors/userError";
import type { WorldOptions } from "./world";

/**
 * Makes sure that a command that needs what only a work folder has works in one.
 *
 * @param instead what there is in AWS instead
 * @throws UserError if the command's world is AWS
 */
export function onThisMachine(verb: string, { local }: WorldOptions, instead?: string): void {
  if (local !== true) {
    const other = instead === undefined ? "" : `; for a stack in AWS, ${instead}`;
    throw new UserError(`${verb} only works on this machine: add --local${other}`);
  }
}
