import {
  algorithms,
  type HyperParameterSpecification,
  hyperparameterProblem,
  iterativeAlgorithms,
  objectiveMetric,
  retiredOf,
} from "./algorithms";
import type { Candidate, HyperparameterRange } from "./candidateFields";
import type { Report } from "./configFields";

function rangeProblems(
  name: string,
  range: HyperparameterRange,
  specification: HyperParameterSpecification | undefined,
  report: Report,
): void {
  const path = ["ranges", name];
  if (range.type === "categorical") {
    if (new Set(range.values).size < range.values.length) {
      report([...path, "values"], "has a value twice");
    }
  } else {
    if (range.min > range.max) {
      report(path, `has min ${range.min} above max ${range.max}`);
    }
    if (range.scaling === "Logarithmic" && range.min <= 0) {
      report(path, "must have a min above 0 for logarithmic scaling");
    }
    if (range.scaling === "ReverseLogarithmic" && (range.min < 0 || range.max >= 1)) {
      report(path, "must be within [0, 1) for reverse logarithmic scaling");
    }
    if (range.scaling === "ReverseLogarithmic" && range.type === "integer") {
      report(path, "is an integer range, which does not support reverse logarithmic scaling");
    }
  }
  if (specification?.Type === "Integer" && range.type === "continuous") {
    report(path, "is continuous, but the hyperparameter is an integer: set type integer");
  } else if (specification !== undefined) {
    const values = range.type === "categorical" ? range.values : [range.min, range.max];
    for (const value of values) {
      const wrong = hyperparameterProblem(specification, String(value));
      if (wrong !== undefined) {
        report(path, wrong);
      }
    }
  }
}

/** Checks the hyperparameters against the contract of an algorithm that comes with this project. */
function contractProblems(candidate: Candidate, report: Report): void {
  const { algorithm } = candidate;
  if (typeof algorithm !== "string") {
    return;
  }
  const { hyperparameters: retiredNames, values: retiredValues } = retiredOf(algorithm);
  const supported = new Map(
    algorithms[algorithm].SupportedHyperParameters.filter((one) => !(one.Name in retiredNames)).map(
      (one): [string, HyperParameterSpecification] => [one.Name, one],
    ),
  );
  for (const [member, values] of [
    ["hyperparameters", candidate.hyperparameters],
    ["ranges", candidate.ranges],
  ] as const) {
    for (const name of Object.keys(values).filter((one) => !supported.has(one))) {
      const names = [...supported.keys()].join(", ");
      report(
        [member, name],
        retiredNames[name] ?? `is not a hyperparameter of ${algorithm}, which has ${names}`,
      );
    }
  }
  for (const [name, value] of Object.entries(candidate.hyperparameters)) {
    const specification = supported.get(name);
    const reasons = retiredValues[name] ?? {};
    const retiredValue = value.split(",").find((one) => one.trim() in reasons);
    const wrong =
      retiredValue === undefined
        ? specification && hyperparameterProblem(specification, value)
        : reasons[retiredValue.trim()];
    if (wrong !== undefined) {
      report(["hyperparameters", name], wrong);
    }
  }
  // Source: eval_metric_dep_validator in aws/sagemaker-xgboost-container, a KeyError without it.
  if (
    algorithm === "xgboost" &&
    "eval_metric" in candidate.hyperparameters &&
    !("objective" in candidate.hyperparameters)
  ) {
    report(["hyperparameters"], "lacks objective, which xgboost requires with eval_metric");
  }
  for (const { IsRequired: required, IsTunable: tunable, Name: name } of supported.values()) {
    if (required === true && !(name in candidate.hyperparameters) && !(name in candidate.ranges)) {
      report(["hyperparameters"], `lacks ${name}, which ${algorithm} requires`);
    }
    if (tunable === false && name in candidate.ranges) {
      report(["ranges", name], `cannot be tuned for ${algorithm}`);
    }
  }
}

function customAlgorithmProblems(candidate: Candidate, report: Report): void {
  if (typeof candidate.algorithm === "string") {
    return;
  }
  const { metrics } = candidate.algorithm;
  if (!(objectiveMetric in metrics)) {
    report(
      ["algorithm", "metrics"],
      `lacks ${objectiveMetric}, the metric that tuning minimises: the image must log it, and metrics needs the ` +
        "regular expression that finds it" +
        ("validation:mse" in metrics ? " (validation:mse is no longer the objective)" : ""),
    );
  }
  for (const [name, regex] of Object.entries(metrics)) {
    let groups: number;
    try {
      // The empty alternative always matches, and so reveals the number of groups.
      groups = (new RegExp(`${regex}|`).exec("")?.length ?? 1) - 1;
    } catch {
      report(["algorithm", "metrics", name], "is not a regular expression");
      continue;
    }
    if (groups !== 1) {
      report(
        ["algorithm", "metrics", name],
        `has ${groups} groups, but needs exactly one, for the value`,
      );
    }
  }
}

function tuningProblems(candidate: Candidate, report: Report): void {
  const { earlyStopping, hyperband, maxJobs, maxParallelJobs, maxRuntimeInSeconds, strategy } =
    candidate;
  const tuned = Object.keys(candidate.ranges);
  if (tuned.length < 1 || tuned.length > 30) {
    report(["ranges"], `has ${tuned.length} hyperparameters, but tuning supports 1 to 30`);
  }
  for (const name of tuned) {
    if (name in candidate.hyperparameters) {
      report(["hyperparameters", name], "is also in ranges; it can be either fixed or tuned");
    }
    if (strategy === "Grid" && candidate.ranges[name]?.type !== "categorical") {
      report(["ranges", name], "must be categorical, the only kind of range for the Grid strategy");
    }
  }
  if (maxParallelJobs > maxJobs) {
    report(["maxParallelJobs"], `is ${maxParallelJobs}, above maxJobs ${maxJobs}`);
  }
  if ((strategy === "Hyperband") !== (hyperband !== undefined)) {
    report(["hyperband"], "is required for the strategy Hyperband, and not allowed for others");
  }
  if (hyperband !== undefined && hyperband.minResource >= hyperband.maxResource) {
    report(
      ["hyperband"],
      `has minResource ${hyperband.minResource}, which is not below maxResource ${hyperband.maxResource}`,
    );
  }
  if (
    strategy === "Hyperband" &&
    typeof candidate.algorithm === "string" &&
    !iterativeAlgorithms.includes(candidate.algorithm)
  ) {
    report(
      ["strategy"],
      `must not be Hyperband for ${candidate.algorithm}, which only reports its metrics once, at the end`,
    );
  }
  if (strategy === "Hyperband" && earlyStopping) {
    report(
      ["earlyStopping"],
      "must be false for the strategy Hyperband, which stops trials itself",
    );
  }
  if (strategy === "Grid") {
    const sizes = Object.values(candidate.ranges).flatMap((range) =>
      range.type === "categorical" ? [range.values.length] : [],
    );
    const combinations = sizes.reduce((product, size) => product * size, 1);
    // Other kinds of range are reported themselves.
    if (sizes.length === Object.keys(candidate.ranges).length && combinations !== maxJobs) {
      report(
        ["maxJobs"],
        `is ${maxJobs}, but the grid has ${combinations} combinations and tries each once`,
      );
    }
  }
  const { completionCriteria: criteria, spotMaxWaitTimeInSeconds: maxWait } = candidate;
  const maxNotImproving = criteria?.maxJobsNotImproving;
  if (maxNotImproving !== undefined && maxNotImproving >= maxJobs) {
    report(
      ["completionCriteria", "maxJobsNotImproving"],
      `is ${maxNotImproving}, which is not below maxJobs ${maxJobs}, so it would never end the tuning`,
    );
  }
  if (
    criteria?.completeOnConvergence === false &&
    maxNotImproving === undefined &&
    criteria.targetObjectiveValue === undefined
  ) {
    report(
      ["completionCriteria"],
      "has no criterion; set maxJobsNotImproving, targetObjectiveValue or completeOnConvergence",
    );
  }
  const { warmStart } = candidate;
  if (warmStart !== undefined && !["Bayesian", "Random"].includes(strategy)) {
    // Source: SageMaker's guide, "Run a Warm Start Hyperparameter Tuning Job", which knows no other strategy.
    report(["warmStart"], `is for the strategies Bayesian and Random, but strategy is ${strategy}`);
  }
  if (warmStart !== undefined && new Set(warmStart.parents).size < warmStart.parents.length) {
    report(["warmStart", "parents"], "has a tuning job twice");
  }
  if (maxWait !== undefined && maxWait < maxRuntimeInSeconds) {
    report(
      ["spotMaxWaitTimeInSeconds"],
      `is ${maxWait}, below maxRuntimeInSeconds ${maxRuntimeInSeconds}`,
    );
  }
}

/** Reports all problems of a candidate apart from its members' types. */
export function candidateProblems(candidate: Candidate, report: Report): void {
  contractProblems(candidate, report);
  customAlgorithmProblems(candidate, report);
  tuningProblems(candidate, report);
  const specifications =
    typeof candidate.algorithm === "string"
      ? algorithms[candidate.algorithm].SupportedHyperParameters
      : [];
  for (const [name, range] of Object.entries(candidate.ranges)) {
    rangeProblems(
      name,
      range,
      specifications.find(({ Name }) => Name === name),
      report,
    );
  }
}
