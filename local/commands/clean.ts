import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";

import { listExecutions } from "../records/executions";
import type { Workspace } from "../records/workspace";
import { allModels } from "./models";

const counted = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? "" : "s"}`;

/** What a work folder holds, in a line. */
function content(workspace: Workspace): string {
  const served = join(workspace.folder, "serving");
  return [
    counted(listExecutions(workspace).length, "execution"),
    counted(allModels(workspace).length, "model version"),
    ...(existsSync(served) ? [counted(readdirSync(served).length, "unpacked model")] : []),
    "what stands for S3, and the report",
  ].join(", ");
}

/**
 * Removes a work folder, once the user agrees.
 *
 * @param agreed whether the user has agreed already
 * @param say takes what there is to tell
 * @returns the exit code: 1 where the user does not agree, or there is nobody to ask
 * @throws UserError where a run is using it, or where it holds what no run has made
 */
export async function clean(
  workspace: Workspace,
  agreed: boolean,
  say: (line: string) => void,
): Promise<number> {
  const { folder } = workspace;
  if (!existsSync(folder)) {
    say(`there is no ${folder}`);
    return 0;
  }
  workspace.checkRemovable();
  if (!agreed) {
    say(`would remove ${folder}: ${content(workspace)}`);
    if (!process.stdin.isTTY) {
      say("--yes does it");
      return 1;
    }
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await terminal.question("Remove it? [y/N] ");
    terminal.close();
    if (!/^y(es)?$/i.test(answer.trim())) {
      return 1;
    }
  }
  await workspace.remove();
  say(`removed ${folder}`);
  return 0;
}
