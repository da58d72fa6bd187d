import { existsSync, readFileSync } from "node:fs";

import { type CsvTrial, trialLine, trialsHeader } from "../../terminal/trialsCsv";
import { writeFileAtomically } from "../storage/files";
import {
  type ExecutionHead,
  executionId,
  type StepDocument,
  metricsOf,
  type TrialDocument,
  tuningJobOf,
} from "./executionDocument";
import { readUndamaged } from "./executionFile";
import { isUnderWay, listHeads, recordPath } from "./executions";
import type { Workspace } from "./workspace";

/** A trial in the table. */
function csvTrial(trial: TrialDocument, step: StepDocument | undefined): CsvTrial {
  const tuning = tuningJobOf(step);
  const goal = tuning.HyperParameterTuningJobConfig?.HyperParameterTuningJobObjective;
  return {
    step: trial.StepName,
    number: trial.Number,
    trainingJobName: trial.TrainingJobName,
    status: trial.TrainingJobStatus,
    objectiveMetric: goal?.MetricName ?? "",
    objective: trial.FinalHyperParameterTuningJobObjectiveMetric?.Value,
    seconds: trial.Seconds,
    hyperparameters: {
      ...tuning.TrainingJobDefinition?.StaticHyperParameters,
      ...trial.TunedHyperParameters,
    },
    metrics: metricsOf(trial),
    modelArtifact: trial.S3ModelArtifacts,
  };
}

/** The lines of an execution's finished trials, in the order of their end. */
function linesOf(workspace: Workspace, id: string): readonly string[] {
  const { steps, trials } = readUndamaged(recordPath(workspace.execution(id))) ?? {
    steps: [],
    trials: [],
  };
  const byName = new Map(steps.map((step) => [step.StepName, step]));
  return trials
    .filter(({ TrainingJobStatus: status }) => status !== "InProgress")
    .map((trial) => trialLine(id, csvTrial(trial, byName.get(trial.StepName))));
}

/** Whether a line is complete, with all quotes closed. */
function isWhole(line: string): boolean {
  return (line.split('"').length - 1) % 2 === 0;
}

/**
 * The lines of the table by execution; undefined if the file is missing, truncated or in another form, and must be written
 * again. Values have no line breaks: texts in them are JSON.
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
 * Updates the table of all trials of finished executions, a CSV file with a trial per line, oldest execution first. The
 * lines of an execution are only written again if their number differs from the record's trials.
 *
 * @param justEnded id of an execution whose lines are written in any case, because it may have been retried
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
