import type { TuningRequest } from "../../../pipeline/language/evaluate";
import { dataHash } from "../../caching/stepKey";
import type { EarlierTrial } from "../../environments/tuner";
import { type EarlierTuning, type Execution, type Properties, StepFailure } from "../execution";

/**
 * The restrictions of SageMaker's guide, "Run a Warm Start Hyperparameter Tuning Job". Its limit is 500 trials where that of
 * the quotas is 750 since.
 */
const maxTrials = 750;
const maxChanges = 10;

/** A tuning job that another starts from. */
interface Parent extends Pick<EarlierTuning, "trials"> {
  readonly name: string;
  readonly job: Partial<TuningRequest> & { readonly HyperParameterTuningJobStatus?: string };
}

/** What a search starts from. */
export interface WarmStart {
  readonly earlier: readonly EarlierTrial[];
  /** The best trial of the parents, where it counts beside those of the tuning itself: with its objective. */
  readonly best?: { readonly summary: Properties; readonly value: number } | undefined;
}

/** A hyperparameter of a tuning job: its fixed value, or the kind of its range and how many values count as one change. */
type Hyperparameter =
  { readonly fixed: string } | { readonly kind: string; readonly values: number };

function findParent(execution: Execution, step: string, name: string): Parent {
  const found = execution.earlierTuning(name);
  if (found === undefined) {
    throw new StepFailure(
      step,
      `WarmStartConfig: ${execution.workFolder} has no tuning job ${name}`,
    );
  }
  return { name, job: found.described, trials: found.trials };
}

/** All hyperparameters of a tuning job, by name. */
function hyperparametersOf({
  HyperParameterTuningJobConfig: config,
  TrainingJobDefinition: definition,
}: Partial<TuningRequest>) {
  const ranges = config?.ParameterRanges;
  const numeric = (kind: string, all: readonly { readonly Name?: string | undefined }[] = []) =>
    all.map(({ Name = "" }): [string, Hyperparameter] => [Name, { kind, values: 1 }]);
  const found = new Map<string, Hyperparameter>([
    ...Object.entries(definition?.StaticHyperParameters ?? {}).map(
      ([name, fixed]): [string, Hyperparameter] => [name, { fixed }],
    ),
    ...numeric("integer", ranges?.IntegerParameterRanges),
    ...numeric("continuous", ranges?.ContinuousParameterRanges),
    ...(ranges?.CategoricalParameterRanges ?? []).map(
      ({ Name = "", Values }): [string, Hyperparameter] => [
        Name,
        { kind: "categorical", values: Values?.length ?? 1 },
      ],
    ),
  ]);
  // What the service adds for itself begins with an underscore.
  return new Map([...found].filter(([name]) => !name.startsWith("_")));
}

/** How many of the changes that a warm start allows lead from a hyperparameter to another. */
function changes(before: Hyperparameter, after: Hyperparameter): number {
  if (!("fixed" in after)) {
    return 0;
  }
  if ("fixed" in before) {
    return before.fixed === after.fixed ? 0 : 2;
  }
  return before.values;
}

/** What is wrong with the hyperparameters of a tuning job for one that starts from it. */
function hyperparameterProblem(request: TuningRequest, { job }: Parent): string | undefined {
  const [before, after] = [hyperparametersOf(job), hyperparametersOf(request)];
  const unshared = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => !before.has(name) || !after.has(name),
  );
  if (unshared.length > 0) {
    // The service's words: aws/amazon-sagemaker-examples#861.
    return (
      "The set of tunable plus static HyperParameter names is not the same across current and parent tuning jobs: " +
      unshared.join(", ")
    );
  }
  let count = 0;
  for (const [name, now] of after) {
    const then = before.get(name) ?? now;
    if ("kind" in then && "kind" in now && then.kind !== now.kind) {
      return `the range of ${name} is ${now.kind}, but was ${then.kind}`;
    }
    count += changes(then, now);
  }
  return count > maxChanges
    ? `${count} values of static hyperparameters have changed, but at most ${maxChanges} may`
    : undefined;
}

async function problemOf(
  execution: Execution,
  request: TuningRequest,
  parent: Parent,
): Promise<string | undefined> {
  const { job } = parent;
  if (!["Completed", "Failed", "Stopped"].includes(job.HyperParameterTuningJobStatus ?? "")) {
    return "has not ended";
  }
  const goal = request.HyperParameterTuningJobConfig?.HyperParameterTuningJobObjective;
  const earlierGoal = job.HyperParameterTuningJobConfig?.HyperParameterTuningJobObjective;
  if (goal?.MetricName !== earlierGoal?.MetricName || goal?.Type !== earlierGoal?.Type) {
    return `has the objective ${earlierGoal?.Type} ${earlierGoal?.MetricName}, not ${goal?.Type} ${goal?.MetricName}`;
  }
  const problem = hyperparameterProblem(request, parent);
  if (
    problem !== undefined ||
    request.WarmStartConfig?.WarmStartType !== "IdenticalDataAndAlgorithm"
  ) {
    return problem;
  }
  const { TrainingJobDefinition: now } = request;
  const { TrainingJobDefinition: then } = job;
  if (now?.AlgorithmSpecification?.TrainingImage !== then?.AlgorithmSpecification?.TrainingImage) {
    return "was trained by another image, which IdenticalDataAndAlgorithm does not allow";
  }
  const data = await dataHash(execution, now ?? {});
  const earlierData = await dataHash(execution, then ?? {});
  return data === earlierData && data !== undefined
    ? undefined
    : "was trained on other data, or its data is gone, which IdenticalDataAndAlgorithm does not allow";
}

/** The best training job of all that completed in some tuning jobs, and its objective. */
function bestOf(parents: readonly Parent[], direction: number): WarmStart["best"] {
  const completed = parents.flatMap(({ name, trials }) =>
    trials.flatMap((trial) => {
      const value = trial.FinalHyperParameterTuningJobObjectiveMetric?.Value;
      return value === undefined || trial.TrainingJobStatus !== "Completed"
        ? []
        : [{ summary: { ...trial, TuningJobName: name }, value }];
    }),
  );
  return completed.sort((left, right) => direction * (left.value - right.value))[0];
}

/**
 * What a tuning job starts from, by its WarmStartConfig: the trials of its parents inform the search, and of identical data
 * and algorithm their best one counts too, as OverallBestTrainingJob. Not recursive: parents of parents inform nothing.
 *
 * @param direction 1 where the objective is minimised, -1 where it is maximised
 * @throws StepFailure if a parent is missing, or is not one that SageMaker would accept
 */
export async function warmStart(
  execution: Execution,
  step: string,
  request: TuningRequest,
  direction: number,
): Promise<WarmStart> {
  const { ParentHyperParameterTuningJobs: named = [], WarmStartType: type } =
    request.WarmStartConfig ?? {};
  const parents = named.map(({ HyperParameterTuningJobName: name = "" }) =>
    findParent(execution, step, name),
  );
  for (const parent of parents) {
    const problem = await problemOf(execution, request, parent);
    if (problem !== undefined) {
      throw new StepFailure(step, `WarmStartConfig: parent ${parent.name}: ${problem}`);
    }
  }
  const trials = parents.reduce((sum, parent) => sum + parent.trials.length, 0);
  const own = request.HyperParameterTuningJobConfig?.ResourceLimits?.MaxNumberOfTrainingJobs ?? 0;
  if (parents.length > 0 && trials + own > maxTrials) {
    throw new StepFailure(
      step,
      `WarmStartConfig: ${own} trials and ${trials} of its parents are more than ${maxTrials}`,
    );
  }
  return {
    earlier: parents.flatMap((parent) =>
      parent.trials.flatMap((trial) => {
        const value = trial.FinalHyperParameterTuningJobObjectiveMetric?.Value;
        const fixed = parent.job.TrainingJobDefinition?.StaticHyperParameters;
        return value === undefined
          ? []
          : [{ hyperparameters: { ...fixed, ...trial.TunedHyperParameters }, value }];
      }),
    ),
    best: type === "IdenticalDataAndAlgorithm" ? bestOf(parents, direction) : undefined,
  };
}
