import { RetryPipelineExecutionCommand } from "@aws-sdk/client-sagemaker";
import { Command } from "commander";
import { randomUUID } from "node:crypto";

import { UserError } from "../../errors/userError";
import {
  type JsonOption,
  paceOf,
  type PaceOption,
  withAuthorization,
  withJson,
  withMachine,
  withPace,
  withWorld,
} from "../options";
import { findExecution, hasEnded } from "../../sageMaker/executions";
import { watch } from "../watch";
import { print, type Terminal } from "../terminal";
import { inWorld, type MachineOptions, refuseMachineOptions, type WorldOptions } from "../world";

type RetryOptions = WorldOptions &
  MachineOptions &
  JsonOption &
  PaceOption & { readonly wait?: boolean };

/** `retry [execution]`: continues an execution that failed or was stopped. */
export function retry(terminal: Terminal): Command {
  return withPace(withAuthorization(withMachine(withJson(withWorld(new Command("retry"))))))
    .argument("[execution]", "its id or ARN (default: the latest)")
    .option("--wait", "watch the execution; the exit code is 0 only if it succeeds")
    .action(async (named: string | undefined, options: RetryOptions) => {
      if (options.local !== true) {
        refuseMachineOptions(options);
      }
      const code = await inWorld(options, async (world) => {
        const { client } = world;
        const execution = await findExecution(world, named);
        const { arn, id, status } = execution;
        if (!hasEnded(execution) || status === "Succeeded") {
          throw new UserError(
            `execution ${id} cannot be retried: it is ${status}, but only failed and stopped executions can be`,
          );
        }
        await client.send(
          new RetryPipelineExecutionCommand({
            PipelineExecutionArn: arn,
            ClientRequestToken: randomUUID(),
          }),
        );
        const json = options.json === true;
        // An execution in this process would end with it.
        if (options.wait === true || world.machine !== undefined) {
          const pace = paceOf(options, world.machine !== undefined);
          return watch(world, execution, { json, pace, typed: { options } }, terminal);
        }
        print(
          terminal,
          json ? JSON.stringify({ execution: id, arn }) : `execution ${id}: Executing`,
        );
        return 0;
      });
      terminal.exit(code);
    });
}
