import type { Json, JsonObject } from "../pipeline/expressions";
import { allSteps, dependencies, isObject, objects, type PlacedStep, text } from "../pipeline/walk";
import type { Execution, Trial } from "./execution";
import type { ModelPackage } from "./modelRegistry";
import type { RunResult } from "./run";

/** The metrics of an evaluation report. MSE, RMSE and MAE are in the target's unit. */
export interface Metrics {
  readonly r2: number;
  readonly mse: number;
  readonly rmse: number;
  readonly mae: number;
}

/** A candidate, as far as the execution got with it. */
export interface CandidateSummary {
  /** Name of its tuning step, without `Tune`. */
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
 * @throws Error where the step declares none of that name
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
    throw new Error(`step ${step} has written no property file ${name}`);
  }
  const uri = `${text(location["S3Uri"]).replace(/\/$/, "")}/${text(file["FilePath"])}`;
  return JSON.parse(execution.store.read(uri)) as Json;
}

function regressionMetrics(report: Json): Metrics | undefined {
  const metrics = isObject(report) ? report["regression_metrics"] : undefined;
  if (!isObject(metrics)) {
    return undefined;
  }
  const value = (name: string): number =>
    Number(isObject(metrics[name]) ? metrics[name]["value"] : Number.NaN);
  return { r2: value("r2"), mse: value("mse"), rmse: value("rmse"), mae: value("mae") };
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
    .map(({ name }) => {
      const evaluation = evaluationOf(steps, name);
      const file = text(objects(evaluation?.step["PropertyFiles"])[0]?.["PropertyFileName"]);
      const metrics =
        evaluation !== undefined && execution.described.has(evaluation.name)
          ? regressionMetrics(readPropertyFile(definition, execution, evaluation.name, file))
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
        name: name.replace(/^Tune(?=.)/, ""),
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
