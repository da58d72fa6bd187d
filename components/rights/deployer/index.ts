import { usesMlflow } from "../../../pipeline/tracking";
import type { Statement, Statements } from "../statements";
import { data } from "./data";
import { models } from "./models";
import { network } from "./network";
import { operations } from "./operations";
import type { DeployerScope } from "./scope";
import { serving } from "./serving";
import { tracking } from "./tracking";

export { issuer } from "./models";
export type { DeployerScope } from "./scope";

/** A deployer's permissions by area, each in its own policy, because IAM limits their length. */
export function deployerRights(
  stack: Statements,
  scope: DeployerScope,
): Readonly<Record<string, readonly Statement[]>> {
  return {
    data: data(stack, scope),
    models: models(stack, scope),
    operations: operations(stack, scope),
    serving: serving(stack, scope),
    ...(scope.makesNetwork ? { network: network(stack) } : {}),
    ...(usesMlflow(stack.args.tracking) ? { tracking: tracking(stack) } : {}),
  };
}
