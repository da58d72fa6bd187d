import type { Command } from "commander";

import { UserError } from "../errors/userError";
import type { World } from "./sageMaker/world";

/** The option of commands on model packages. */
export interface GroupOption {
  readonly group?: string;
}

/** Adds `--group`, for version numbers that several groups have. */
export function withGroup(command: Command): Command {
  return command.option("--group <name>", "the model package group, if there are several");
}

/**
 * The model package groups to search.
 * @throws UserError if `--group` names none of them
 */
export async function groupsOf(world: World, { group }: GroupOption): Promise<readonly string[]> {
  const all = await world.modelPackageGroups();
  if (group === undefined || all.includes(group)) {
    return group === undefined ? all : [group];
  }
  throw new UserError(
    `${world.place} has no model package group ${group}; it has ${all.join(", ") || "none"}`,
  );
}
