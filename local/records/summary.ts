import type { Json, JsonObject } from "../../pipeline/expressions";
import {
  allSteps,
  at,
  dependencies,
  isObject,
  objects,
  type PlacedStep,
  text,
} from "../../pipeline/walk";
import { ExpressionError } from "../../pipeline/language/evaluate";
import type { Execution, Trial } from "../execution";
import { candidateName } from "./candidateName";
import type { ModelPackage } from "./modelRegistry";
import type { RunResult } from "../run";

/** The metrics of an evaluation report. MSE, RMSE and MAE are in the target's unit. */
export interface Metrics {
  readonly r2: number;
  readonly mse: number;
  readonly rmse: number;
  readonly mae: number;
}

/** A candidate, as far as the execution got with it. */
export interface CandidateSummary {
  /** By its tuning step: see {@link candidateName}. */
  readonly name: string;
  readonly tuningStep: string;
  readonly evaluationStep?: string;
  /** On the test data. */
  readonly metrics?: Metrics;
  /** The completed trial with the best objective. */
  readonly best?: Trial;
  readonly trials: readonly Trial[];
  /** Seconds that tuning took. */
  readonly seconds: number;
  /** The model package that it became. */
  readonly model?: ModelPackage;
}

/**
 * Reads the content of a property file of a finished step.
 * @throws ExpressionError where the step has written none of that name, or one that is not JSON
 */
export function readPropertyFile(
  definition: JsonObject,
  execution: Pick<Execution, "described" | "store">,
  step: string,
  name: string,
): Json {
  const placed = allSteps(definition["Steps"]).find((one) => one.name === step);
  const file = objects(placed?.step["PropertyFiles"]).find(
    (one) => one["PropertyFileName"] === name,
  );
  const described = execution.described.get(step);
  const config = isObject(described?.["ProcessingOutputConfig"])
    ? described["ProcessingOutputConfig"]
    : {};
  const output = objects(config["Outputs"]).find(
    (one) => one["OutputName"] === file?.["OutputName"],
  );
  const location = output?.["S3Output"];
  if (file === undefined || !isObject(location)) {
    throw new ExpressionError(`step ${step} has no property file ${name}`);
  }
  const uri = `${text(location["S3Uri"]).replace(/\/$/, "")}/${text(file["FilePath"])}`;
  if (!execution.store.isObject(uri)) {
    throw new ExpressionError(`step ${step} has not written its property file ${name}, ${uri}`);
  }
  return readJson(execution.store, uri, `the property file ${name} of step ${step}`);
}

/**
 * Reads a JSON document in S3.
 * @throws ExpressionError where there is none, or it is not JSON
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

/** The metrics in a step's property file; undefined where another definition has something else there. */
function regressionMetrics(read: () => Json): Metrics | undefined {
  let report: Json;
  try {
    report = read();
  } catch (error) {
    if (error instanceof ExpressionError) {
      return undefined;
    }
    throw error;
  }
  const value = (name: string): number => Number(at(report, "regression_metrics", name, "value"));
  const metrics = { r2: value("r2"), mse: value("mse"), rmse: value("rmse"), mae: value("mae") };
  return Object.values(metrics).every(Number.isFinite) ? metrics : undefined;
}

function evaluationOf(steps: readonly PlacedStep[], tuning: string): PlacedStep | undefined {
  return steps.find(
    (one) =>
      one.type === "Processing" &&
      objects(one.step["PropertyFiles"]).length > 0 &&
      dependencies(one).has(tuning),
  );
}

/** What became of each candidate: each tuning step with the evaluation and registration that use it. */
export function summarise(
  definition: JsonObject,
  execution: Execution,
  result: RunResult,
  trials: readonly Trial[],
): readonly CandidateSummary[] {
  const steps = allSteps(definition["Steps"]);
  return steps
    .filter(({ type }) => type === "Tuning")
    .map((placed) => {
      const { name } = placed;
      const evaluation = evaluationOf(steps, name);
      const file = text(objects(evaluation?.step["PropertyFiles"])[0]?.["PropertyFileName"]);
      const metrics =
        evaluation !== undefined && execution.described.has(evaluation.name)
          ? regressionMetrics(() => readPropertyFile(definition, execution, evaluation.name, file))
          : undefined;
      const own = trials
        .filter(({ step }) => step === name)
        .sort((left, right) => left.number - right.number);
      const summaries = objects(execution.described.get(name)?.["TrainingJobSummaries"]);
      const best = own.find(
        ({ trainingJobName }) => trainingJobName === summaries[0]?.["TrainingJobName"],
      );
      const registration = steps.find(
        (one) => result.models.has(one.name) && dependencies(one).has(name),
      );
      const model = registration && result.models.get(registration.name);
      return {
        name: candidateName(placed, steps),
        tuningStep: name,
        ...(evaluation === undefined ? {} : { evaluationStep: evaluation.name }),
        ...(metrics === undefined ? {} : { metrics }),
        ...(best === undefined ? {} : { best }),
        trials: own,
        seconds: result.steps.find((one) => one.name === name)?.seconds ?? 0,
        ...(model === undefined ? {} : { model }),
      };
    });
}
