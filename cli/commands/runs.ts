import { Command } from "commander";

import { executionListing, type ListedExecution } from "../../terminal/tables";
import { type JsonOption, type MaxOption, withJson, withMax, withWorld } from "../options";
import { findExecution, latestExecutions } from "../../sageMaker/executions";
import { listModels } from "../../sageMaker/models";
import { challengeIn } from "../../sageMaker/challenge";
import { type ShownChallenge, shownChallenge } from "../shownChallenge";
import { startedSteps } from "../../sageMaker/steps";
import { note, printListing, type Terminal } from "../terminal";
import type { World } from "../../sageMaker/world";
import { inWorld, type WorldOptions } from "../world";

/**
 * The latest executions, with the models that they registered, or the champions that they kept.
 * @param unread receives the reason if the result of a challenge cannot be read
 */
async function listRuns(
  world: World,
  max: number,
  unread: (line: string) => void,
): Promise<readonly ListedExecution[]> {
  const { client } = world;
  const latest = await latestExecutions(client, await world.pipelines(), max);
  const groups = latest.length === 0 ? [] : await world.modelPackageGroups();
  const models = await listModels(client, groups, max);
  const winners = new Map(models.map((model) => [model.metadata["PipelineExecution"], model]));
  const executions: ListedExecution[] = [];
  // Sequential, because the service allows few such calls a second.
  for (const { PipelineExecutionArn: arn } of latest) {
    const execution = await findExecution(world, arn);
    const model = winners.get(execution.id);
    const isOver = model === undefined && execution.status === "Succeeded";
    const { challenge: challenged, lines } = isOver
      ? await challengeOf(world, execution.arn)
      : { lines: [] };
    if (challenged === undefined) {
      lines.forEach(unread);
    }
    executions.push({
      ...execution,
      ...(challenged && { challenge: challenged }),
      ...(model && {
        winner: {
          name: model.candidate,
          r2: model.r2 ?? Number.NaN,
          group: model.group,
          version: model.version,
          sampleWeight: model.metadata["SampleWeight"],
        },
      }),
    });
  }
  return executions;
}

/** The result of the challenge in an execution that registered no model. */
function challengeOf(world: World, arn: string): Promise<ShownChallenge> {
  const { client } = world;
  return shownChallenge(async () => challengeIn(world, await startedSteps(client, arn)));
}

/** `runs`: the latest executions as a table or JSON. */
export function runs(terminal: Terminal): Command {
  return withMax(withJson(withWorld(new Command("runs"))), "executions", 20).action(
    async (options: WorldOptions & JsonOption & MaxOption) => {
      await inWorld(options, async (world) => {
        const { max } = options;
        const unread = new Set<string>();
        const found = await listRuns(world, max + 1, (line) => unread.add(line));
        printListing(terminal, executionListing(found.slice(0, max)), options.json);
        if (found.length === 0) {
          note(terminal, `${world.place} has no executions`);
        }
        unread.forEach((line) => {
          note(terminal, line);
        });
        if (found.length > max) {
          note(terminal, `only the latest ${max} are shown; --max shows more`);
        }
      });
    },
  );
}
