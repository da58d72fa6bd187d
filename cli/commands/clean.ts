import { Command } from "commander";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";

import { listHeads } from "../../local/records/executions";
import { ModelRegistry } from "../../local/records/modelRegistry";
import type { Workspace } from "../../local/records/workspace";
import { withWorld } from "../options";
import { print, type Terminal } from "../terminal";
import { onThisMachine, workspaceOf, type WorldOptions } from "../world";
import { counted } from "../ownTable/words";

/** What a work folder contains, in one line. */
function content(workspace: Workspace): string {
  const served = join(workspace.folder, "serving");
  const registry = new ModelRegistry(workspace.models, "");
  const versions = registry.groups().flatMap((group) => registry.list(group));
  return [
    counted(listHeads(workspace).length, "execution"),
    counted(versions.length, "model version"),
    ...(existsSync(served) ? [counted(readdirSync(served).length, "unpacked model")] : []),
    "the S3 folder, and the report",
  ].join(", ");
}

/**
 * Removes a work folder if the user agrees.
 *
 * @param agreed whether the user has agreed already
 * @returns the exit code: 1 if the user does not agree, or there is nobody to ask
 * @throws UserError if a run is using it, or it contains files that no run wrote
 */
async function remove(workspace: Workspace, agreed: boolean, terminal: Terminal): Promise<number> {
  const { folder } = workspace;
  if (!existsSync(folder)) {
    print(terminal, `${folder} does not exist`);
    return 0;
  }
  workspace.checkRemovable();
  if (!agreed) {
    print(terminal, `would remove ${folder}: ${content(workspace)}`);
    if (!process.stdin.isTTY) {
      print(terminal, "add --yes to remove it");
      return 1;
    }
    const asking = createInterface({ input: process.stdin, output: terminal.stdout });
    const answer = await asking.question("Remove it? [y/N] ");
    asking.close();
    if (!/^y(es)?$/i.test(answer.trim())) {
      return 1;
    }
  }
  await workspace.remove();
  print(terminal, `removed ${folder}`);
  return 0;
}

/** `clean`: removes the work folder. */
export function clean(terminal: Terminal): Command {
  return withWorld(new Command("clean"))
    .option("--yes", "do not ask")
    .action(async (options: WorldOptions & { readonly yes?: boolean }) => {
      onThisMachine("clean", options, "`pulumi destroy` removes it");
      terminal.exit(await remove(workspaceOf(options), options.yes === true, terminal));
    });
}
