import { Command } from "commander";

import { findDocument } from "../../local/records/executions";
import { jobLines } from "../failedStep";
import {
  type JsonOption,
  paceOf,
  type PaceOption,
  withJson,
  withPace,
  withWorld,
} from "../options";
import { findExecution } from "../../sageMaker/executions";
import { failedStep } from "../failure";
import { challengeIn } from "../../sageMaker/challenge";
import { shownChallenge } from "../shownChallenge";
import { definitionOf, stepsOf } from "../../sageMaker/steps";
import { snapshotJson, snapshotText, watch } from "../watch";
import { widthOf } from "../../terminal/output";
import { print, type Terminal } from "../terminal";
import { inWorld, type WorldOptions } from "../world";

/** `status [execution]`: the steps of an execution, once or until it ends. */
export function status(terminal: Terminal): Command {
  return withPace(withJson(withWorld(new Command("status"))))
    .argument("[execution]", "its id or ARN (default: the latest)")
    .option("--follow", "watch until it ends; the exit code is 0 only if it succeeds")
    .action(
      async (
        named: string | undefined,
        options: WorldOptions & JsonOption & PaceOption & { readonly follow?: boolean },
      ) => {
        const code = await inWorld(options, async (world) => {
          const { client } = world;
          const json = options.json === true;
          const execution = await findExecution(world, named);
          const typed = { options };
          if (options.follow === true) {
            const pace = paceOf(options, world.machine !== undefined);
            return watch(world, execution, { json, pace, typed }, terminal);
          }
          const definition = await definitionOf(client, execution.arn);
          const now = { ...execution, steps: await stepsOf(client, execution.arn, definition) };
          const { challenge, lines } = await shownChallenge(() => challengeIn(world, now.steps));
          print(
            terminal,
            json ? snapshotJson(now, challenge) : snapshotText(now, widthOf(terminal.stdout)),
          );
          for (const line of json ? [] : lines) {
            print(terminal, line);
          }
          const { machine } = world;
          const record = machine && findDocument(machine.workspace, execution.id);
          if (!json && record?.authorization?.startsWith("not checked") === true) {
            print(terminal, `Permissions: ${record.authorization}`);
          }
          if (!json && execution.status === "Failed") {
            const failed = await failedStep(world, now, typed);
            for (const line of failed === undefined ? [] : jobLines(failed)) {
              print(terminal, line);
            }
          }
          return 0;
        });
        terminal.exit(code);
      },
    );
}
