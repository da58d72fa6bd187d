import { StopPipelineExecutionCommand } from "@aws-sdk/client-sagemaker";
import { Command } from "commander";
import { randomUUID } from "node:crypto";

import { UserError } from "../../errors/userError";
import { type JsonOption, withJson, withWorld } from "../options";
import { findExecution, hasEnded } from "../../sageMaker/executions";
import { print, type Terminal } from "../terminal";
import { inWorld, type WorldOptions } from "../world";

/** `stop [execution]`: stops an execution and its running jobs. */
export function stop(terminal: Terminal): Command {
  return withJson(withWorld(new Command("stop")))
    .argument("[execution]", "its id or ARN (default: the latest)")
    .action(async (named: string | undefined, options: WorldOptions & JsonOption) => {
      await inWorld(options, async (world) => {
        const { client } = world;
        const execution = await findExecution(world, named);
        const { arn, id } = execution;
        if (hasEnded(execution)) {
          throw new UserError(`execution ${id} has already ended: ${execution.status}`);
        }
        await client.send(
          new StopPipelineExecutionCommand({
            PipelineExecutionArn: arn,
            ClientRequestToken: randomUUID(),
          }),
        );
        print(
          terminal,
          options.json === true
            ? JSON.stringify({ execution: id, arn })
            : `execution ${id}: Stopping`,
        );
      });
    });
}
