import * as pulumi from "@pulumi/pulumi";

import { bucketName, type Names, stackNames as namesOf } from "../contract/names";
import type { Account } from "./account";

/** The physical names of a stack, including the bucket's, which has the account's id. */
export interface StackNames extends Names {
  readonly bucketName: pulumi.Output<string>;
}

/**
 * Composes the physical names of the current stack.
 *
 * @param databaseName name of the Glue database; undefined: the stack's own
 */
export function stackNames(
  { accountId }: Pick<Account, "accountId">,
  databaseName: string | undefined,
): StackNames {
  const stack = pulumi.getStack();
  const names = namesOf(stack);
  return {
    ...names,
    databaseName: databaseName ?? names.databaseName,
    bucketName: accountId.apply((id) => bucketName(stack, id)),
  };
}
