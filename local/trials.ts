import { existsSync, readFileSync } from "node:fs";

import type { Trial } from "./execution";
import { writeFileAtomically } from "./files";

const header = [
  "execution",
  "step",
  "trial",
  "training_job",
  "status",
  "objective_metric",
  "objective",
  "seconds",
  "hyperparameters",
  "metrics",
  "model_artifact",
];

function field(value: string | number | undefined): string {
  const text = String(value ?? "");
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Adds an execution's trials to the table of all trials, a CSV file with one trial a line. */
export function appendTrials(path: string, execution: string, trials: readonly Trial[]): void {
  const before = existsSync(path) ? readFileSync(path, "utf8") : `${header.join(",")}\n`;
  const lines = trials.map((trial) =>
    [
      execution,
      trial.step,
      trial.number,
      trial.trainingJobName,
      trial.status,
      trial.objectiveMetric,
      trial.objective,
      trial.seconds.toFixed(3),
      JSON.stringify(trial.hyperparameters),
      JSON.stringify(trial.metrics),
      trial.modelArtifact,
    ]
      .map(field)
      .join(","),
  );
  writeFileAtomically(path, before + lines.map((line) => `${line}\n`).join(""));
}
