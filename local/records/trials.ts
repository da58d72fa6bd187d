import { existsSync, readFileSync } from "node:fs";

import { trialLine, trialsHeader } from "../../terminal/trialsCsv";
import { writeFileAtomically } from "../storage/files";
import { type ExecutionHead, executionId } from "./executionDocument";
import { readUndamaged } from "./executionFile";
import { trialsOf } from "./executionRecord";
import { isUnderWay, listHeads, recordPath } from "./executions";
import type { Workspace } from "./workspace";

/** The lines of the trials of an execution. */
function linesOf(workspace: Workspace, id: string): readonly string[] {
  const folder = workspace.execution(id);
  const document = readUndamaged(recordPath(folder));
  return document === undefined
    ? []
    : trialsOf(document, folder).map((trial) => trialLine(id, trial));
}

/** Whether a line of the table is whole: its quotes close. */
function isWhole(line: string): boolean {
  return (line.split('"').length - 1) % 2 === 0;
}

/**
 * The lines of the table by execution; undefined if the file is missing, cut off or of another form, so
 * that it must be made again. Values hold no line break: texts in them are JSON.
 */
function linesInTable(path: string): ReadonlyMap<string, readonly string[]> | undefined {
  const content = existsSync(path) ? readFileSync(path, "utf8") : "";
  const [header, ...lines] = content.split("\n");
  if (header !== trialsHeader || lines.pop() !== "" || !lines.every(isWhole)) {
    return undefined;
  }
  const found = new Map<string, string[]>();
  for (const line of lines) {
    const id = line.slice(0, line.indexOf(","));
    const own = found.get(id);
    if (own === undefined) {
      found.set(id, [line]);
    } else {
      own.push(line);
    }
  }
  return found;
}

/**
 * Brings the table of all trials, a CSV file with one trial a line, up to date with the records, of which it
 * is a view: each trial of each execution that has ended stands in it once, the earliest execution first. What
 * the table has of an execution stays where it is as many lines as the record has trials.
 *
 * @param justEnded id of an execution that has just ended, whose lines are written again: it may have been retried
 */
export function updateTrials(workspace: Workspace, justEnded?: string): void {
  const table = linesInTable(workspace.trials);
  const ended = listHeads(workspace)
    .filter((head) => !isUnderWay(head))
    .reverse();
  const isComplete = ({ trialCount }: ExecutionHead, lines: readonly string[]): boolean =>
    lines.length === trialCount;
  const lines = ended.flatMap((head) => {
    const id = executionId(head);
    const known = table?.get(id) ?? [];
    return id !== justEnded && isComplete(head, known) ? known : linesOf(workspace, id);
  });
  const content = [trialsHeader, ...lines].map((line) => `${line}\n`).join("");
  if (lines.length > 0 || existsSync(workspace.trials)) {
    writeFileAtomically(workspace.trials, content);
  }
}
