import type { DescribeHyperParameterTuningJobResponse } from "@aws-sdk/client-sagemaker";
import { z } from "zod";

import { crossValidationFile } from "../../pipeline/crossValidationSteps";
import type {
  PipelineDefinition,
  ProcessingStep,
  PropertyFile,
} from "../../pipeline/language/definition";
import { ExpressionError, type ProcessingRequest } from "../../pipeline/language/evaluate";
import { allSteps, dependencies, type PlacedStep } from "../../pipeline/language/graph";
import type { Json } from "../../pipeline/language/json";
import type { Execution, Trial } from "../execution/execution";
import { candidateName, tuningSteps } from "./candidateName";
import type { ModelPackage } from "./modelRegistry";
import type { RunResult } from "../execution/scheduler";

/** The metrics of an evaluation report. MSE, RMSE and MAE are in the target's unit. */
export interface Metrics {
  readonly r2: number;
  readonly mse: number;
  readonly rmse: number;
  readonly mae: number;
  /** Number of test rows; unknown in evaluations of earlier versions. */
  readonly rows?: number;
  /** The 90 % confidence interval of R²; undefined with few rows. */
  readonly r2Interval?: { readonly low: number; readonly high: number };
  /** The errors by quarters of the target, and by the values of dataset.segments; unknown in earlier versions. */
  readonly segments?: readonly ColumnErrors[];
  /** If the metrics are weighted. */
  readonly sampleWeight?: SampleWeight;
  /** R² of cross-validation, if configured. */
  readonly crossValidation?: CrossValidation | undefined;
  /** Of served predictions, if configured. */
  readonly predictionInterval?: PredictionInterval;
}

/** How far around a prediction the actual value lies, by the residuals of validation rows (split-conformal). */
export interface PredictionInterval {
  /** How often it is to hold the actual value, such as 0.9. */
  readonly confidence: number;
  /** What is added to and taken from a prediction, in the target's unit. */
  readonly halfWidth: number;
  /** Validation rows that it is of. */
  readonly rows: number;
  /** The share of test rows whose actual value it holds. */
  readonly covered: number;
}

/** The errors of the test rows by the values of a column, or of the target; see pipeline/scripts/segments.py. */
export interface ColumnErrors {
  readonly column: string;
  readonly segments: readonly {
    readonly name: string;
    readonly rmse: number;
    readonly mae: number;
    /** The mean of predicted minus actual values. */
    readonly bias: number;
    readonly rows: number;
  }[];
}

/** The column that weights the metrics; see pipeline/scripts/evaluate.py. */
interface SampleWeight {
  readonly column: string;
  readonly unweightedR2: number;
}

/** R² of models with the same hyperparameters on other rows; see pipeline/scripts/cross_validate.py. */
export interface CrossValidation {
  readonly mean: number;
  readonly deviation: number;
  readonly models: number;
}

/** The results of a candidate so far. */
export interface CandidateSummary {
  /** See {@link candidateName}. */
  readonly name: string;
  readonly tuningStep: string;
  readonly evaluationStep?: string;
  /** On the test data. */
  readonly metrics?: Metrics;
  /** The completed trial with the best objective. */
  readonly best?: Trial;
  readonly trials: readonly Trial[];
  /** Duration of tuning in seconds. */
  readonly seconds: number;
  readonly model?: ModelPackage;
}

/** The S3 URI of a property file of a finished step, if it exists. */
export function propertyFileUri(
  definition: PipelineDefinition,
  described: Execution["described"],
  step: string,
  name: string,
): string | undefined {
  const placed = allSteps(definition).find((one) => one.step.Name === step);
  const files = placed?.step.Type === "Processing" ? placed.step.PropertyFiles : undefined;
  const file = files?.find((one) => one.PropertyFileName === name);
  const { ProcessingOutputConfig: outputs }: Partial<ProcessingRequest> = described.get(step) ?? {};
  const output = outputs?.Outputs?.find((one) => one.OutputName === file?.OutputName);
  return file === undefined || output?.S3Output === undefined
    ? undefined
    : `${(output.S3Output.S3Uri ?? "").replace(/\/$/, "")}/${file.FilePath}`;
}

/**
 * Reads a property file of a finished step.
 * @throws ExpressionError if the step did not write it, or it is not JSON
 */
export function readPropertyFile(
  definition: PipelineDefinition,
  execution: Pick<Execution, "described" | "store">,
  step: string,
  name: string,
): Json {
  const uri = propertyFileUri(definition, execution.described, step, name);
  if (uri === undefined) {
    throw new ExpressionError(`step ${step} has no property file ${name}`);
  }
  if (!execution.store.isObject(uri)) {
    throw new ExpressionError(`step ${step} has not written its property file ${name}, ${uri}`);
  }
  return readJson(execution.store, uri, `the property file ${name} of step ${step}`);
}

/** The property file of a step; undefined if it has not ended, or somebody else's definition has no such file. */
export function findPropertyFile(
  definition: PipelineDefinition,
  execution: Pick<Execution, "described" | "store">,
  step: string,
  name: string,
): Json | undefined {
  try {
    return execution.described.has(step)
      ? readPropertyFile(definition, execution, step, name)
      : undefined;
  } catch (error) {
    if (error instanceof ExpressionError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Reads a JSON document in S3.
 * @throws ExpressionError if it does not exist, or is not JSON
 */
export function readDocument(store: Execution["store"], uri: string): Json {
  if (!store.isObject(uri)) {
    throw new ExpressionError(`there is no object ${uri}`);
  }
  return readJson(store, uri, uri);
}

function readJson(store: Execution["store"], uri: string, name: string): Json {
  try {
    return JSON.parse(store.read(uri)) as Json;
  } catch (error) {
    throw new ExpressionError(`${name} is not JSON: ${(error as Error).message}`);
  }
}

/** A report of model quality. Source: "Model quality metrics", of Model Monitor; see evaluate.py. */
type RegressionReport =
  | {
      readonly regression_metrics?: Readonly<Record<string, { readonly value?: unknown } | null>>;
      readonly dataset?: { readonly item_count?: unknown } | null;
      readonly confidence_intervals?: {
        readonly r2?: { readonly low?: unknown; readonly high?: unknown } | null;
      } | null;
      readonly prediction_interval?: Readonly<Record<string, unknown>> | null;
      readonly segments?: unknown;
      readonly sample_weight?: Readonly<Record<string, unknown>> | null;
    }
  | null
  | undefined;

function predictionIntervalIn(report: RegressionReport): PredictionInterval | undefined {
  const {
    confidence,
    covered,
    half_width: halfWidth,
    item_count: rows,
  } = report?.prediction_interval ?? {};
  return typeof confidence === "number" &&
    typeof covered === "number" &&
    typeof halfWidth === "number" &&
    typeof rows === "number"
    ? { confidence, covered, halfWidth, rows }
    : undefined;
}
const columnErrors: z.ZodType<readonly ColumnErrors[]> = z.array(
  z.object({
    column: z.string(),
    segments: z.array(
      z.object({
        name: z.string(),
        rmse: z.number(),
        mae: z.number(),
        bias: z.number(),
        rows: z.number(),
      }),
    ),
  }),
);

/** The metrics in an evaluation report; undefined if the document is not one. */
export function regressionMetrics(document: Json): Metrics | undefined {
  const report = document as RegressionReport;
  const value = (name: string): number =>
    Number(report?.regression_metrics?.[name]?.value ?? Number.NaN);
  const metrics = { r2: value("r2"), mse: value("mse"), rmse: value("rmse"), mae: value("mae") };
  const rows = report?.dataset?.item_count;
  const { low, high } = report?.confidence_intervals?.r2 ?? {};
  const predictionInterval = predictionIntervalIn(report);
  const segments = columnErrors.safeParse(report?.segments);
  const { column, unweighted_r2: unweightedR2 } = report?.sample_weight ?? {};
  return Object.values(metrics).every(Number.isFinite)
    ? {
        ...metrics,
        ...(typeof rows === "number" ? { rows } : {}),
        ...(typeof low === "number" && typeof high === "number"
          ? { r2Interval: { low, high } }
          : {}),
        ...(predictionInterval === undefined ? {} : { predictionInterval }),
        ...(segments.success ? { segments: segments.data } : {}),
        ...(typeof column === "string" && typeof unweightedR2 === "number"
          ? { sampleWeight: { column, unweightedR2 } }
          : {}),
      }
    : undefined;
}

/** The scores in a report of cross_validate.py; undefined if the document is not one, or has none. */
function crossValidationIn(document: Json): CrossValidation | undefined {
  const {
    mean,
    standard_deviation: deviation,
    values,
  } = (document as { readonly r2?: Readonly<Record<string, unknown>> } | null)?.r2 ?? {};
  return typeof mean === "number" && typeof deviation === "number" && Array.isArray(values)
    ? { mean, deviation, models: values.length }
    : undefined;
}

/** The cross-validation's scores for a tuning; undefined if there is no such step, or it did not end. */
function crossValidationOf(
  definition: PipelineDefinition,
  execution: Execution,
  steps: readonly PlacedStep[],
  tuning: string,
): CrossValidation | undefined {
  const placed = steps.find(
    (one) =>
      one.step.Type === "Processing" &&
      one.step.PropertyFiles?.[0]?.PropertyFileName === crossValidationFile &&
      dependencies(one).has(tuning),
  );
  if (placed === undefined || !execution.described.has(placed.step.Name)) {
    return undefined;
  }
  return crossValidationIn(
    readPropertyFile(definition, execution, placed.step.Name, crossValidationFile),
  );
}

/** The processing step that evaluates the model of a tuning, or a transform's predictions by it, and its property file. */
export function evaluationOf(
  steps: readonly PlacedStep[],
  tuning: string,
): { readonly step: ProcessingStep; readonly file: PropertyFile } | undefined {
  const sources = new Set([tuning]);
  for (const source of sources) {
    for (const { step } of steps.filter((one) => dependencies(one).has(source))) {
      const file = step.Type === "Processing" ? step.PropertyFiles?.[0] : undefined;
      if (step.Type === "Processing" && file !== undefined) {
        return { step, file };
      }
      if (step.Type === "Model" || step.Type === "Transform") {
        sources.add(step.Name);
      }
    }
  }
  return undefined;
}

/** The displayed members of a finished tuning job. */
type TuningOutcome = Partial<Pick<DescribeHyperParameterTuningJobResponse, "BestTrainingJob">>;

/** The result of each candidate: each tuning step with its evaluation and registration. */
export function summarise(
  definition: PipelineDefinition,
  execution: Execution,
  result: RunResult,
  trials: readonly Trial[],
): readonly CandidateSummary[] {
  const steps = allSteps(definition);
  const tunings = tuningSteps(steps);
  return tunings.map((tuning) => {
    const { Name: name } = tuning;
    const evaluation = evaluationOf(steps, name);
    const evaluationStep = evaluation?.step.Name;
    const report =
      evaluation &&
      findPropertyFile(
        definition,
        execution,
        evaluation.step.Name,
        evaluation.file.PropertyFileName,
      );
    const metrics = report === undefined ? undefined : regressionMetrics(report);
    const crossValidation = crossValidationOf(definition, execution, steps, name);
    const own = trials
      .filter(({ step }) => step === name)
      .sort((left, right) => left.number - right.number);
    const described: TuningOutcome = execution.described.get(name) ?? {};
    const best = own.find(
      ({ trainingJobName }) => trainingJobName === described.BestTrainingJob?.TrainingJobName,
    );
    const registration = steps.find(
      (one) => result.models.has(one.step.Name) && dependencies(one).has(name),
    );
    const model = registration && result.models.get(registration.step.Name);
    return {
      name: candidateName(tuning, tunings),
      tuningStep: name,
      ...(evaluationStep === undefined ? {} : { evaluationStep }),
      ...(metrics === undefined ? {} : { metrics: { ...metrics, crossValidation } }),
      ...(best === undefined ? {} : { best }),
      trials: own,
      seconds: result.steps.find((one) => one.name === name)?.seconds ?? 0,
      ...(model === undefined ? {} : { model }),
    };
  });
}
