import { Command } from "commander";

import { type GroupOption, type JsonOption, withGroup, withJson, withWorld } from "../options";
import { groupsOf, setApproval } from "../../sageMaker/models";
import { print, type Terminal } from "../terminal";
import { inWorld, type WorldOptions } from "../world";

/** A command that sets the approval status of a version, and prints the previous one. */
export function approval(
  terminal: Terminal,
  name: string,
  status: "Approved" | "Rejected",
): Command {
  return withGroup(withJson(withWorld(new Command(name))))
    .argument("<version>", "its number in the list of `models`")
    .option("--comment <text>", "the reason, stored with the model package")
    .action(
      async (
        version: string,
        options: WorldOptions & JsonOption & GroupOption & { readonly comment?: string },
      ) => {
        await inWorld(options, async (world) => {
          const { client } = world;
          const groups = await groupsOf(world, options.group);
          const changed = await setApproval(client, groups, version, status, options.comment);
          print(
            terminal,
            options.json === true
              ? JSON.stringify(changed)
              : `version ${changed.version} of ${changed.group}: ${status} (was ${changed.before})`,
          );
        });
      },
    );
}

/** `approve <version>`. */
export function approve(terminal: Terminal): Command {
  return approval(terminal, "approve", "Approved");
}
