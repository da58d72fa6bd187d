import { Command } from "commander";

import { UserError } from "../../errors/userError";
import { trialListing } from "../../terminal/tables";
import { trialLine, trialsHeader } from "../../terminal/trialsCsv";
import { type JsonOption, type MaxOption, withJson, withMax, withWorld } from "../options";
import { findExecution } from "../../sageMaker/executions";
import { definitionOf, stepsOf } from "../../sageMaker/steps";
import { allTrials } from "../../sageMaker/trials";
import { note, print, printListing, type Terminal } from "../terminal";
import { inWorld, type WorldOptions } from "../world";

/** `trials [execution]`: the trials of an execution, the best of each step first. */
export function trials(terminal: Terminal): Command {
  return withMax(withJson(withWorld(new Command("trials"))), "trials", 100)
    .argument("[execution]", "its id or ARN (default: the latest)")
    .option("--csv", "print all as CSV, in their original order")
    .action(
      async (
        named: string | undefined,
        options: WorldOptions & JsonOption & Partial<MaxOption> & { readonly csv?: boolean },
      ) => {
        if (options.csv === true && options.json === true) {
          throw new UserError("--csv and --json exclude each other");
        }
        await inWorld(options, async (world) => {
          const { client } = world;
          const { arn, id } = await findExecution(world, named);
          const steps = await stepsOf(client, arn, await definitionOf(client, arn));
          const found = await allTrials(client, steps);
          if (options.csv === true) {
            const lines = found.map((trial) => trialLine(id, trial));
            print(terminal, [trialsHeader, ...lines].join("\n"));
            return;
          }
          const { max = Infinity } = options;
          const listing = trialListing(found);
          const { head } = listing;
          const [rows, items] = [listing.rows.slice(0, max), listing.items.slice(0, max)];
          printListing(terminal, { head, rows, items }, options.json);
          const jobs = new Map(found.map(({ step, tuningJob }) => [step, tuningJob]));
          for (const [step, job] of options.json === true ? [] : jobs) {
            print(terminal, `Tuning job of ${step}: ${job}`);
          }
          if (found.length > max) {
            note(terminal, `${max} of ${found.length} trials are shown; --max shows more`);
          }
        });
      },
    );
}
