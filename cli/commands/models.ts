import { Command } from "commander";

import { modelListing } from "../../terminal/tables";
import {
  type GroupOption,
  type JsonOption,
  type MaxOption,
  withGroup,
  withJson,
  withMax,
  withWorld,
} from "../options";
import { groupsOf, listModels, modelCardOf } from "../../sageMaker/models";
import { note, print, printListing, type Terminal } from "../terminal";
import { inWorld, type WorldOptions } from "../world";

interface CardOption {
  readonly card?: string;
}

/** `models`: the model packages as a table or JSON, the latest last; or the card of one. */
export function models(terminal: Terminal): Command {
  return withGroup(withMax(withJson(withWorld(new Command("models"))), "versions", 20))
    .option("--card <version>", "only the model card of a version, as JSON")
    .action(async (options: WorldOptions & JsonOption & MaxOption & GroupOption & CardOption) => {
      await inWorld(options, async (world) => {
        const { max } = options;
        const groups = await groupsOf(world, options.group);
        if (options.card !== undefined) {
          print(terminal, await modelCardOf(world.client, groups, options.card));
          return;
        }
        const found = await listModels(world.client, groups, max + 1);
        const shown = found.length > max ? found.slice(-max) : found;
        printListing(terminal, modelListing(shown), options.json);
        if (found.length === 0) {
          note(terminal, `${world.place} has no models`);
        }
        if (found.length > max) {
          note(terminal, `only the latest ${max} are shown; --max shows more`);
        }
      });
    });
}
