import {
  DescribeModelPackageCommand,
  DescribeProcessingJobCommand,
  paginateListPipelineParametersForExecution,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";

import { candidateName, tuningSteps } from "../../local/records/candidateName";
import { type Challenge, parseChallenge } from "../../local/records/challenge";
import type { CandidateRecord } from "../../local/records/executions";
import { evaluationOf } from "../../local/records/summary";
import { type Metrics, regressionMetrics } from "../../local/records/metrics";
import { challenge } from "../../pipeline/champion";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps, dependencies } from "../../pipeline/language/graph";
import type { Json } from "../../pipeline/language/json";
import type { ReportedExecution } from "../../report/reported";
import type { ExecutionState } from "./executions";
import { readObject, s3 } from "./objects";
import { definitionOf, type DeployedStep, stepsOf } from "./steps";
import { type DeployedTrial, trialsOf, tuningOf } from "./trials";
import type { World } from "./world";

/** An execution with everything that the API and its results in S3 tell about it. */
export interface FullExecution {
  readonly record: Omit<ReportedExecution, "steps" | "trials"> & {
    readonly steps: readonly DeployedStep[];
    readonly trials: readonly DeployedTrial[];
  };
  readonly definition: PipelineDefinition;
  /** The S3 URI of the folder of each candidate's evaluation, by the candidate's name. */
  readonly evaluations: ReadonlyMap<string, string>;
  /** The trial with the best objective of each candidate, by the candidate's name. */
  readonly best: ReadonlyMap<string, DeployedTrial>;
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

/** The folder of an output of a step's processing job, as an S3 URI that ends with a slash. */
export async function outputFolder(
  client: SageMakerClient,
  { job }: DeployedStep,
  output: string,
): Promise<string | undefined> {
  if (job?.kind !== "processing") {
    return undefined;
  }
  const { ProcessingOutputConfig: config } = await client.send(
    new DescribeProcessingJobCommand({ ProcessingJobName: job.name }),
  );
  const found = config?.Outputs?.find(({ OutputName: name }) => name === output);
  return found?.S3Output?.S3Uri?.replace(/\/?$/, "/");
}

/** Parses a JSON document; undefined if it is not JSON. */
function parsed(content: Buffer | undefined): Json | undefined {
  try {
    return content && (JSON.parse(content.toString("utf8")) as Json);
  } catch {
    return undefined;
  }
}

/** The model package that an execution registered, if any: see the local run's summary. */
async function winnerOf(
  client: SageMakerClient,
  definition: PipelineDefinition,
  steps: readonly DeployedStep[],
  candidates: readonly CandidateRecord[],
): Promise<ReportedExecution["winner"]> {
  for (const placed of allSteps(definition)) {
    const arn = steps.find(({ name }) => name === placed.step.Name)?.modelPackage;
    const candidate = candidates.find(({ tuningStep }) => dependencies(placed).has(tuningStep));
    if (arn !== undefined && candidate !== undefined) {
      const { ModelApprovalStatus, ModelPackageGroupName, ModelPackageVersion } = await client.send(
        new DescribeModelPackageCommand({ ModelPackageName: arn }),
      );
      return {
        name: candidate.name,
        group: ModelPackageGroupName ?? "",
        version: ModelPackageVersion ?? 0,
        approvalStatus: ModelApprovalStatus ?? "PendingManualApproval",
        r2: candidate.metrics?.r2 ?? Number.NaN,
      };
    }
  }
  return undefined;
}

/**
 * The result of a champion's challenge; undefined if the execution has not got to it.
 * @throws UserError if permission to read it is missing
 */
export async function challengeIn(
  world: World,
  steps: readonly DeployedStep[],
): Promise<Challenge | undefined> {
  const step = steps.find(({ name, status }) => name === challenge.step && status === "Succeeded");
  const folder = step && (await outputFolder(world.client, step, "comparison"));
  const content = folder && (await readObject(s3(world), `${folder}comparison.json`));
  const document = parsed(content === "" ? undefined : content);
  return document === undefined ? undefined : parseChallenge(document);
}

/**
 * Reads all that is known of an execution: from SageMaker's API, and its candidates' metrics from S3.
 *
 * @throws UserError if permission to read something is missing
 */
export async function readExecution(
  world: World,
  { arn, ...state }: ExecutionState,
): Promise<FullExecution> {
  const [client, objects] = [world.client, s3(world)];
  const definition = await definitionOf(client, arn);
  const steps = await stepsOf(client, arn, definition);
  const placed = allSteps(definition);
  const tunings = tuningSteps(placed);
  const trials: DeployedTrial[] = [];
  const candidates: CandidateRecord[] = [];
  const evaluations = new Map<string, string>();
  const bestTrials = new Map<string, DeployedTrial>();
  // Sequential, because the service allows few such calls a second.
  for (const step of tunings) {
    const name = candidateName(step, tunings);
    const begun = steps.find((one) => one.name === step.Name);
    const tuning = begun && (await tuningOf(client, begun));
    const all = tuning === undefined ? [] : await trialsOf(client, tuning);
    const own = all.filter(({ status }) => status !== "InProgress");
    const best = own.find(({ trainingJobName }) => trainingJobName === tuning?.best);
    const evaluation = evaluationOf(placed, step.Name);
    const evaluated = steps.find((one) => one.name === evaluation?.step.Name);
    const folder =
      evaluation &&
      evaluated &&
      (await outputFolder(client, evaluated, evaluation.file.OutputName));
    let metrics: Metrics | undefined;
    if (evaluation !== undefined && folder !== undefined) {
      evaluations.set(name, folder);
      const content = await readObject(objects, `${folder}${evaluation.file.FilePath}`);
      const document = parsed(content);
      metrics = document === undefined ? undefined : regressionMetrics(document);
    }
    if (best !== undefined) {
      bestTrials.set(name, best);
    }
    trials.push(...own);
    candidates.push({
      name,
      tuningStep: step.Name,
      hyperparameters: best?.hyperparameters ?? {},
      trials: own.length,
      seconds: begun?.seconds ?? 0,
      ...(metrics && { metrics }),
    });
  }
  const winner = await winnerOf(client, definition, steps, candidates);
  const challenged = await challengeIn(world, steps);
  return {
    definition,
    evaluations,
    best: bestTrials,
    record: {
      ...state,
      parameters: await parametersOf(client, arn),
      steps,
      trials,
      candidates,
      ...(winner && { winner }),
      ...(challenged && { challenge: challenged }),
    },
  };
}
