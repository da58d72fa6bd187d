import type { DescribeHyperParameterTuningJobResponse } from "@aws-sdk/client-sagemaker";

import { crossValidationFile } from "../../pipeline/crossValidationSteps";
import type {
  PipelineDefinition,
  ProcessingStep,
  PropertyFile,
} from "../../pipeline/language/definition";
import { allSteps, dependencies, type PlacedStep } from "../../pipeline/language/graph";
import type { Execution, Trial } from "../execution/execution";
import type { RunResult } from "../execution/scheduler";
import { candidateName, tuningSteps } from "./candidateName";
import {
  type CrossValidation,
  crossValidationIn,
  type Metrics,
  regressionMetrics,
} from "./metrics";
import type { ModelPackage } from "./modelRegistry";
import { findPropertyFile, readPropertyFile } from "./propertyFiles";

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
