/** A trial in the CSV file of all trials. */
export interface CsvTrial {
  readonly step: string;
  /** Number among the step's trials, from 0. */
  readonly number: number;
  readonly trainingJobName: string;
  readonly status: string;
  readonly objectiveMetric: string;
  readonly objective?: number;
  /** Undefined if the training job has not started. */
  readonly seconds?: number;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  /** S3 URI of the model artifact. */
  readonly modelArtifact?: string;
}

/** The header of the file. */
export const trialsHeader = [
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
].join(",");

function field(value: string | number | undefined): string {
  const text = String(value ?? "");
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A trial of an execution as a line of the file; hyperparameters and metrics are JSON objects. */
export function trialLine(execution: string, trial: CsvTrial): string {
  return [
    execution,
    trial.step,
    trial.number,
    trial.trainingJobName,
    trial.status,
    trial.objectiveMetric,
    trial.objective,
    trial.seconds?.toFixed(3),
    JSON.stringify(trial.hyperparameters),
    JSON.stringify(trial.metrics),
    trial.modelArtifact,
  ]
    .map(field)
    .join(",");
}
