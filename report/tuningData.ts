import type { TuningArguments } from "../pipeline/language/definition";
import { literal } from "../pipeline/language/expressions";
import type { Candidate } from "../sageMaker/fullExecution";
import type { ExecutionTrial } from "../sageMaker/trials";

/** A tuned hyperparameter. */
export interface TunedParameter {
  readonly name: string;
  readonly kind: "categorical" | "logarithmic" | "linear";
}

/** A tuning with its trials, for the report. */
export interface Tuning {
  readonly step: string;
  readonly objectiveMetric: string;
  readonly minimised: boolean;
  readonly parameters: readonly TunedParameter[];
  /** Ordered by number. */
  readonly trials: readonly ExecutionTrial[];
  /** The completed trial with the best objective. */
  readonly best?: ExecutionTrial | undefined;
}

/** A trial's objective, and the best so far; undefined until a trial has completed. */
interface CoursePoint {
  /** From 1. */
  readonly number: number;
  readonly status: ExecutionTrial["status"];
  readonly objective?: number;
  readonly best?: number;
}

type ParameterRanges = NonNullable<
  NonNullable<TuningArguments["HyperParameterTuningJobConfig"]>["ParameterRanges"]
>;

/** The hyperparameters in a step's ParameterRanges. */
function tunedParameters(ranges: ParameterRanges): readonly TunedParameter[] {
  const { CategoricalParameterRanges, ContinuousParameterRanges, IntegerParameterRanges } = ranges;
  return [
    ...[...(IntegerParameterRanges ?? []), ...(ContinuousParameterRanges ?? [])].map(
      ({ Name: name, ScalingType: scaling }): TunedParameter => ({
        name: literal(name) ?? "",
        kind: scaling === "Logarithmic" ? "logarithmic" : "linear",
      }),
    ),
    ...(CategoricalParameterRanges ?? []).map(({ Name: name }): TunedParameter => ({
      name: literal(name) ?? "",
      kind: "categorical",
    })),
  ];
}

/** The tuning of a candidate. */
export function tuningOf({ best, step, trials }: Candidate): Tuning {
  const config = step.Arguments.HyperParameterTuningJobConfig;
  const objective = config?.HyperParameterTuningJobObjective;
  return {
    step: step.Name,
    objectiveMetric: trials[0]?.objectiveMetric ?? literal(objective?.MetricName) ?? "",
    minimised: objective?.Type !== "Maximize",
    parameters: tunedParameters(config?.ParameterRanges ?? {}),
    trials: [...trials].sort((left, right) => left.number - right.number),
    best,
  };
}

/** Orders objectives, better ones first and missing ones last. */
function compare(left: number | undefined, right: number | undefined, minimised: boolean): number {
  const worst = minimised ? Infinity : -Infinity;
  const difference = (left ?? worst) - (right ?? worst);
  return Number.isNaN(difference) ? 0 : minimised ? difference : -difference;
}

/** The course of a tuning: each trial, with the best objective of the trials completed so far. */
export function course({ minimised, trials }: Tuning): readonly CoursePoint[] {
  let best: number | undefined;
  return trials.map(({ number, objective, status }) => {
    if (status === "Completed" && objective !== undefined) {
      best = best === undefined || compare(objective, best, minimised) < 0 ? objective : best;
    }
    return { number: number + 1, status, objective, best };
  });
}

/** At most so many of the best trials, ordered by number. */
export function bestTrials({ minimised, trials }: Tuning, most: number): readonly ExecutionTrial[] {
  return [...trials]
    .sort((left, right) => compare(left.objective, right.objective, minimised))
    .slice(0, most)
    .sort((left, right) => left.number - right.number);
}

/** At most so many evenly spaced members, including the first and the last. */
export function evenly<Value>(values: readonly Value[], most: number): readonly Value[] {
  if (values.length <= most) {
    return values;
  }
  return Array.from(
    { length: most },
    (_, index) => values[Math.round((index * (values.length - 1)) / (most - 1))] as Value,
  );
}

/** Whether values, all above zero, are spread so widely that they need a logarithmic axis. */
export function spreadsWide(values: readonly number[]): boolean {
  const least = Math.min(...values);
  return values.length > 1 && least > 0 && Math.max(...values) / least > 20;
}
