import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { canonicalJson } from "../pipeline/language/canonicalJson";
import type { Metrics } from "../sageMaker/metrics";
import type { ExecutionState } from "../sageMaker/executions";
import { listModels } from "../sageMaker/models";
import { readObject, s3 } from "../sageMaker/objects";
import type { Candidate, FullExecution } from "../sageMaker/fullExecution";
import type { ExecutionTrial } from "../sageMaker/trials";
import type { World } from "../sageMaker/world";

/** A file, and its folder among a run's artifacts; empty for the top. */
type Artifact = readonly [path: string, folder: string];

/** A candidate of an execution. */
interface TrackedCandidate {
  readonly name: string;
  readonly tuningStep: string;
  readonly status: string;
  readonly objectiveMetric: string;
  readonly maximised: boolean;
  /** The hyperparameters of the best trial, whose training job is `best`. */
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly best: string | undefined;
  /** On the test rows. */
  readonly metrics: Readonly<Record<string, number | undefined>>;
  readonly trials: readonly ExecutionTrial[];
  readonly artifacts: readonly Artifact[];
}

/** An execution, as pipeline/scripts/mlflow_runs.py reads it. */
interface TrackedExecution extends ExecutionState {
  readonly parameters: FullExecution["parameters"];
  /** Name of the candidate that was registered. */
  readonly winner: string | undefined;
  /** The verdict of a champion's challenge. */
  readonly challenge: string | undefined;
  readonly candidates: readonly TrackedCandidate[];
  readonly artifacts: readonly Artifact[];
}

/** A version of a model package group. */
interface TrackedModel {
  readonly group: string;
  readonly version: number;
  readonly arn: string;
  readonly candidate: string;
  readonly executionId: string;
  readonly approvalStatus: string;
  readonly approvalDescription: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The document that pipeline/scripts/mlflow_runs.py takes. */
export interface Tracked {
  readonly executions: readonly TrackedExecution[];
  readonly models: readonly TrackedModel[];
}

/** Copies the objects that exist into a folder. */
async function fetched(
  world: World,
  folder: string,
  objects: readonly (readonly [uri: string, name: string, folder: string])[],
): Promise<readonly Artifact[]> {
  const client = s3(world);
  const found: Artifact[] = [];
  for (const [uri, name, place] of objects) {
    const content = await readObject(client, uri);
    if (content !== undefined) {
      const path = join(folder, place, name);
      mkdirSync(join(folder, place), { recursive: true });
      writeFileSync(path, content);
      found.push([path, place]);
    }
  }
  return found;
}

/** The files of a candidate: its best model, and its evaluation. */
function filesOf({
  best,
  evaluation,
}: Candidate): readonly (readonly [uri: string, name: string, folder: string])[] {
  return [
    ...(evaluation === undefined
      ? []
      : ["evaluation.json", "predictions.csv"].map(
          (name) => [`${evaluation.folder}${name}`, name, "evaluation"] as const,
        )),
    ...(best?.modelArtifact === undefined
      ? []
      : [[best.modelArtifact, "model.tar.gz", "model"] as const]),
  ];
}

/** The metrics of all test rows under their names in evaluation.json; one with several numbers becomes several metrics. */
function named({
  crossValidation,
  mae,
  mse,
  predictionInterval,
  r2,
  r2Interval,
  rmse,
  rows,
}: Metrics): Readonly<Record<string, number | undefined>> {
  return {
    ...{ r2, mse, rmse, mae, rows },
    r2_low: r2Interval?.low,
    r2_high: r2Interval?.high,
    cross_validation_r2: crossValidation?.mean,
    cross_validation_r2_deviation: crossValidation?.deviation,
    prediction_interval_half_width: predictionInterval?.halfWidth,
    prediction_interval_covered: predictionInterval?.covered,
  };
}

/** What to log of a candidate. */
async function trackedCandidate(
  world: World,
  { steps }: FullExecution,
  candidate: Candidate,
  folder: string,
): Promise<TrackedCandidate> {
  const { best, metrics, name, step, trials } = candidate;
  const [first] = trials;
  return {
    name,
    tuningStep: step.Name,
    status: steps.find((one) => one.name === step.Name)?.status ?? "NotExecuted",
    objectiveMetric: first?.objectiveMetric ?? "objective",
    maximised: first?.maximised === true,
    hyperparameters: best?.hyperparameters ?? {},
    best: best?.trainingJobName,
    metrics: metrics === undefined ? {} : named(metrics),
    trials,
    artifacts: await fetched(world, folder, filesOf(candidate)),
  };
}

/**
 * What to log of an execution that has ended.
 *
 * @param folder the folder for its artifacts
 * @param report its report, as HTML
 */
export async function trackedExecution(
  world: World,
  execution: FullExecution,
  folder: string,
  report: string,
): Promise<TrackedExecution> {
  const { arn, challenge, definition, failureReason, id, parameters } = execution;
  const { pipelineName, seconds, startTime, status, winner } = execution;
  const candidates: TrackedCandidate[] = [];
  for (const [index, candidate] of execution.candidates.entries()) {
    candidates.push(await trackedCandidate(world, execution, candidate, join(folder, `${index}`)));
  }
  const own = { "definition.json": canonicalJson(definition, 2), "report.html": report };
  mkdirSync(folder, { recursive: true });
  const artifacts = Object.entries(own).map(([name, content]): Artifact => {
    writeFileSync(join(folder, name), content);
    return [join(folder, name), ""];
  });
  return {
    ...{ arn, failureReason, id, parameters, pipelineName, seconds, startTime, status },
    winner: winner?.name,
    challenge: challenge?.verdict,
    candidates,
    artifacts,
  };
}

/** The versions of the world's model package groups. */
export async function trackedModels(world: World): Promise<readonly TrackedModel[]> {
  const models = await listModels(world.client, await world.modelPackageGroups());
  return models.map((model) => ({
    group: model.group,
    version: model.version,
    arn: model.arn,
    candidate: model.candidate,
    executionId: model.metadata["PipelineExecution"] ?? "",
    approvalStatus: model.approvalStatus,
    approvalDescription: model.approvalDescription,
    metadata: model.metadata,
  }));
}
