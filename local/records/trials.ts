import { existsSync, readFileSync } from "node:fs";

import { trialLine, trialsHeader } from "../../terminal/trialsCsv";
import type { Trial } from "../execution";
import { writeFileAtomically } from "../storage/files";

/** Adds an execution's trials to the table of all trials, a CSV file with one trial a line. */
export function appendTrials(path: string, execution: string, trials: readonly Trial[]): void {
  const before = existsSync(path) ? readFileSync(path, "utf8") : `${trialsHeader}\n`;
  const lines = trials.map((trial) => `${trialLine(execution, trial)}\n`);
  writeFileAtomically(path, before + lines.join(""));
}
