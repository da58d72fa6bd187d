import {
  DescribeModelPackageCommand,
  paginateListPipelineParametersForExecution,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";

import { findJob } from "../local/api/jobs";
import { metricsOf } from "../local/records/executionDocument";
import type { PipelineDefinition, TuningStep } from "../pipeline/language/definition";
import { allSteps, dependencies, type PlacedStep } from "../pipeline/language/graph";
import type { Json } from "../pipeline/language/json";
import { type Challenge, challengeIn } from "./challenge";
import { crossValidationOf, type Evaluation, evaluationOf } from "./evaluation";
import { type ExecutionState, isUnknown } from "./executions";
import { crossValidationIn, type Metrics, regressionMetrics } from "./metrics";
import { readJson, s3 } from "./objects";
import { definitionOf, type ExecutionStep, outputFolder, type Snapshot, stepsOf } from "./steps";
import { type ExecutionTrial, trialsOf, type Tuning, tuningOf } from "./trials";
import type { World } from "./world";

/** A candidate of an execution: a tuning step, with its evaluation. */
export interface Candidate {
  /** See {@link candidateName}. */
  readonly name: string;
  /** Its tuning step in the definition. */
  readonly step: TuningStep;
  /** The step that evaluates its model, and the S3 URI of the folder of the results. */
  readonly evaluation?: { readonly step: string; readonly folder: string };
  /** On the test data. */
  readonly metrics?: Metrics;
  /** Those that have ended. */
  readonly trials: readonly ExecutionTrial[];
  /** The completed trial with the best objective. */
  readonly best?: ExecutionTrial;
  /** Duration of its tuning. */
  readonly seconds: number;
}

/** The candidate that was registered. */
interface Winner {
  readonly name: string;
  /** Its model package. */
  readonly group: string;
  readonly version: number;
  readonly approvalStatus: string;
  /** On the test data. */
  readonly r2: number;
}

/** An execution with everything that SageMaker's API and its results in S3 tell about it. */
export interface FullExecution extends Snapshot {
  readonly definition: PipelineDefinition;
  readonly parameters: Readonly<Record<string, string>>;
  /** In the order of the definition. */
  readonly candidates: readonly Candidate[];
  readonly winner?: Winner;
  /** The result of a champion's challenge, if configured. */
  readonly challenge?: Challenge;
}

async function parametersOf(
  client: SageMakerClient,
  arn: string,
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  const pages = paginateListPipelineParametersForExecution(
    { client, pageSize: 100 },
    { PipelineExecutionArn: arn },
  );
  for await (const { PipelineParameters: page = [] } of pages) {
    for (const { Name: name = "", Value: value = "" } of page) {
      values[name] = value;
    }
  }
  return values;
}

/**
 * The name of a tuning step's candidate: the step's DisplayName if it is unique, otherwise its Name.
 *
 * @param tunings all tuning steps of the definition
 */
export function candidateName(
  { DisplayName: displayed, Name: name }: TuningStep,
  tunings: readonly TuningStep[],
): string {
  const isOnly = tunings.filter((one) => one.DisplayName === displayed).length === 1;
  return displayed && isOnly ? displayed : name;
}

/** The trials of a step's tuning so far, with what only this machine's records tell, if they have them. */
async function recordedTrials(
  { client, machine }: World,
  { reusedFrom }: ExecutionStep,
  tuning: Tuning,
): Promise<readonly ExecutionTrial[]> {
  const { trials = [] } = (machine && findJob(machine, "tuning", tuning.job)) ?? {};
  const records = new Map(trials.map((one) => [one.TrainingJobName, one]));
  return (await trialsOf(client, tuning)).map((trial) => {
    const record = records.get(trial.trainingJobName);
    return {
      ...trial,
      history: record?.ObjectiveHistory,
      metrics: record === undefined ? trial.metrics : metricsOf(record),
      reusedFrom: reusedFrom ?? record?.SourcePipelineExecution,
    };
  });
}

/** The candidates of an execution. */
async function candidatesOf(
  world: World,
  placed: readonly PlacedStep[],
  steps: readonly ExecutionStep[],
): Promise<readonly Candidate[]> {
  const objects = s3(world);
  const read = async (
    evaluation: Evaluation | undefined,
  ): Promise<{ readonly folder?: string; readonly document?: Json }> => {
    const step = evaluation && steps.find(({ name }) => name === evaluation.step.Name);
    const folder = step && (await outputFolder(world.client, step, evaluation.file.OutputName));
    return folder === undefined
      ? {}
      : { folder, document: await readJson(objects, `${folder}${evaluation?.file.FilePath}`) };
  };
  const tunings = placed.flatMap(({ step }) => (step.Type === "Tuning" ? [step] : []));
  const candidates: Candidate[] = [];
  // Sequential, because the service allows few such calls a second.
  for (const step of tunings) {
    const { Name: name } = step;
    const begun = steps.find((one) => one.name === name);
    const tuning = begun && (await tuningOf(world.client, begun));
    const all = begun && tuning ? await recordedTrials(world, begun, tuning) : [];
    const evaluation = evaluationOf(placed, name);
    const { document, folder } = await read(evaluation);
    const metrics = regressionMetrics(document);
    const crossValidation = crossValidationIn(
      (await read(crossValidationOf(placed, name))).document,
    );
    candidates.push({
      name: candidateName(step, tunings),
      step,
      evaluation: evaluation && folder ? { step: evaluation.step.Name, folder } : undefined,
      metrics: metrics && { ...metrics, crossValidation },
      trials: all.filter(({ status }) => status !== "InProgress"),
      best: all.find(({ trainingJobName }) => trainingJobName === tuning?.best),
      seconds: begun?.seconds ?? 0,
    });
  }
  return candidates;
}

/** The model package that an execution registered, if any, which may have been deleted since. */
async function winnerOf(
  client: SageMakerClient,
  placed: readonly PlacedStep[],
  steps: readonly ExecutionStep[],
  candidates: readonly Candidate[],
): Promise<Winner | undefined> {
  for (const one of placed) {
    const arn = steps.find(({ name }) => name === one.step.Name)?.modelPackage;
    const candidate = candidates.find(({ step }) => dependencies(one).has(step.Name));
    if (arn !== undefined && candidate !== undefined) {
      const [group = "", version] = arn.split("/").slice(1);
      const found = await client
        .send(new DescribeModelPackageCommand({ ModelPackageName: arn }))
        .catch((error: unknown) => {
          if (!isUnknown(error)) {
            throw error;
          }
          return { ModelPackageGroupName: group, ModelApprovalStatus: "deleted" };
        });
      return {
        name: candidate.name,
        group: found.ModelPackageGroupName ?? group,
        version: Number(version),
        approvalStatus: found.ModelApprovalStatus ?? "PendingManualApproval",
        r2: candidate.metrics?.r2 ?? Number.NaN,
      };
    }
  }
  return undefined;
}

/**
 * Reads all that is known of an execution: from SageMaker's API, and its candidates' metrics from S3.
 *
 * @throws UserError if permission to read something is missing
 */
export async function readExecution(world: World, state: ExecutionState): Promise<FullExecution> {
  const { client } = world;
  const definition = await definitionOf(client, state.arn);
  const steps = await stepsOf(client, state.arn, definition);
  const placed = allSteps(definition);
  const candidates = await candidatesOf(world, placed, steps);
  return {
    ...state,
    definition,
    parameters: await parametersOf(client, state.arn),
    steps,
    candidates,
    winner: await winnerOf(client, placed, steps, candidates),
    challenge: await challengeIn(world, steps),
  };
}
