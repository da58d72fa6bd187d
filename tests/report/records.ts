import type { DataReport } from "../../local/records/dataReport";
import type { PipelineDefinition, Step, TuningStep } from "../../pipeline/language/definition";
import type { JsonObject } from "../../pipeline/language/json";
import type { Baseline, Comparison, Diagnosis } from "../../report/diagnosis";
import { type ReportData, reportDataOf } from "../../report/reportData";
import type { Metrics } from "../../sageMaker/metrics";
import { type Candidate, candidateName, type FullExecution } from "../../sageMaker/fullExecution";
import type { ExecutionStep } from "../../sageMaker/steps";
import type { ExecutionTrial } from "../../sageMaker/trials";

/** A step of a definition, by what a test wants to say of it. */
export function step(name: string, more: object = {}): Step {
  return { Name: name, Type: "Processing", Arguments: {}, ...more } as Step;
}

/** A definition of steps. */
export function definitionOf(steps: readonly Step[]): PipelineDefinition {
  return { Version: "2020-12-01", Steps: steps };
}

/** A condition with branches. */
export function condition(
  name: string,
  ifSteps: readonly Step[],
  elseSteps: readonly Step[],
  more: JsonObject = {},
): Step {
  const args = { Conditions: [], IfSteps: ifSteps, ElseSteps: elseSteps };
  return step(name, { Type: "Condition", Arguments: args, ...more });
}

/** A tuning step with ranges, and an objective that is to be minimised or maximised. */
export function tuningStep(
  name: string,
  ranges: JsonObject,
  type: "Maximize" | "Minimize" = "Minimize",
): TuningStep {
  return step(name, {
    Type: "Tuning",
    Arguments: {
      HyperParameterTuningJobConfig: {
        HyperParameterTuningJobObjective: { MetricName: "validation:rmse", Type: type },
        ParameterRanges: ranges,
      },
    },
  }) as TuningStep;
}

export function result(name: string, more: Partial<ExecutionStep> = {}): ExecutionStep {
  return { name, type: "Processing", status: "Succeeded", attempts: 1, seconds: 1, ...more };
}

export function trial(
  number: number,
  objective: number | undefined,
  more: Partial<ExecutionTrial> = {},
): ExecutionTrial {
  return {
    step: "TuneTree",
    tuningJob: "abcdefghijkl-TuneTree",
    number,
    trainingJobName: `job-${number}`,
    status: objective === undefined ? "Failed" : "Completed",
    hyperparameters: {},
    objectiveMetric: "validation:rmse",
    objective,
    metrics: {},
    seconds: 1,
    ...more,
  };
}

/** A report, by what a test wants to say of an execution. */
export interface Records {
  readonly execution?: Partial<FullExecution>;
  /** Of the definition. */
  readonly steps: readonly Step[];
  readonly trials?: readonly ExecutionTrial[];
  /** On the test rows, by the candidate's name. */
  readonly metrics?: Readonly<Record<string, Metrics>>;
  readonly diagnoses?: readonly Diagnosis[];
  readonly comparison?: Comparison;
  readonly baseline?: Baseline;
  readonly data?: DataReport;
  /** The ends of logs, by step. */
  readonly logs?: Readonly<Record<string, string>>;
}

/** The candidates of a definition's tuning steps. */
function candidatesOf({ metrics = {}, steps, trials = [] }: Records): readonly Candidate[] {
  const tunings = steps.filter((one): one is TuningStep => one.Type === "Tuning");
  return tunings.map((own) => {
    const name = candidateName(own, tunings);
    const ended = trials.filter((one) => one.step === own.Name);
    const [best] = ended
      .filter(({ objective, status }) => status === "Completed" && objective !== undefined)
      .sort((left, right) => (left.objective ?? 0) - (right.objective ?? 0));
    return { name, step: own, trials: ended, best, metrics: metrics[name], seconds: 1 };
  });
}

/** The data of a report. */
export function reportOf(records: Records): ReportData {
  const { baseline, comparison, data, diagnoses = [], execution, logs = {}, steps } = records;
  return reportDataOf(
    {
      id: "abcdefghijkl",
      arn: "arn:aws:sagemaker:us-east-1:111122223333:pipeline/local/execution/abcdefghijkl",
      pipelineName: "local",
      status: "Succeeded",
      startTime: "2026-01-02T03:04:05.000Z",
      seconds: 12,
      definition: definitionOf(steps),
      parameters: {},
      steps: [],
      candidates: candidatesOf(records),
      ...execution,
    },
    { candidates: diagnoses, comparison, baseline },
    data,
    new Map(Object.entries(logs).map(([name, end]) => [name, { end, command: `logs ${name}` }])),
  );
}
