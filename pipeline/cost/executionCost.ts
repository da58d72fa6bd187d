import type { Parameter, PipelineDefinition, RetryPolicy, Step } from "../language/definition";
import { isComputed, target } from "../language/expressions";
import { maxRetries } from "../language/retries";
import { hoursInMonth, type Prices } from "./prices";

/** Costs: minimum, likely and maximum. */
export interface Range {
  readonly low: number;
  readonly likely: number;
  readonly worst: number;
}

/** The costs of a step. */
export interface StepCost extends Range {
  readonly step: string;
  /** Max jobs of an attempt. */
  readonly jobs: number;
  /** Max attempts: one, and those of its retry policies. */
  readonly attempts: number;
  /** Max hours of a job; infinite if it has no limit. */
  readonly hours: number;
  /** Instances of its jobs, such as `2 x ml.m5.xlarge`. */
  readonly resources: string;
}

/** The costs of an execution. */
export interface ExecutionCost extends Range {
  /** The steps with costs, in the definition's order. */
  readonly steps: readonly StepCost[];
  /** Costs that are not included: a text each, with the step. */
  readonly notPriced: readonly string[];
}

export interface CostOptions {
  readonly prices: Prices;
  /** Whether to refuse parameters without an enumeration, because a start can set any value. Default false. */
  readonly ofAnyStart?: boolean | undefined;
  /** Maximum number of bytes that a query of Athena reads; undefined: queries are not included. */
  readonly queryBytes?: number | undefined;
  /** Measured seconds of a step's job, for example on this machine, by the step's name. */
  readonly seconds?: ReadonlyMap<string, number> | undefined;
}

/** A type without a price, or a value that is unknown before an execution. */
export class CostError extends Error {}

/** Min billed seconds of a job. */
const shortestJob = 60;

/** Likely seconds of a job without measurements, mostly for its start. An assumption. */
const likelyJob = 300;

/** Seconds after a job's limit to save its results after SIGTERM. Source: StoppingCondition. */
const termination = 120;

/** The default limit of a job: a day. Sources: StoppingCondition; Processor in the SageMaker Python SDK. */
const defaultLimit = 86_400;

/** Spot instances save up to 90 %. Source: Managed Spot Training. */
const minSpotShare = 0.1;

/** Types of steps without hourly costs. */
const free: ReadonlySet<string> = new Set([
  "Cleanup",
  "Condition",
  "EndpointConfig",
  "Fail",
  "Lineage",
  "Model",
  "RegisterModel",
]);

/** The instances of a job. */
interface Instances {
  readonly type: string;
  readonly count: number;
  readonly volumeGigabytes: number;
  /** Seconds for which they are kept warm. */
  readonly keptSeconds: number;
}

/** The jobs of an attempt of a step. */
interface Jobs {
  readonly count: number;
  /** Max seconds of a job. */
  readonly seconds: number;
  /** Max seconds of all jobs together, if limited. */
  readonly totalSeconds?: number | undefined;
  /** The instances of a job; the most expensive if there are alternatives. */
  readonly instances: readonly Instances[];
  readonly spot: boolean;
  /** Queries of Athena in an attempt. */
  readonly queries: number;
}

interface Cluster {
  readonly InstanceType?: unknown;
  readonly InstanceCount?: unknown;
  readonly VolumeSizeInGB?: unknown;
  readonly KeepAlivePeriodInSeconds?: unknown;
}

/** Reads maximal values of a definition, by the pipeline's parameters. */
class Values {
  private readonly parameters: ReadonlyMap<string, Parameter>;
  private readonly hours: ReadonlyMap<string, number>;

  constructor(
    definition: PipelineDefinition,
    private readonly prices: Prices,
    private readonly ofAnyStart: boolean,
  ) {
    this.parameters = new Map(definition.Parameters?.map((one) => [one.Name, one]));
    this.hours = new Map(Object.entries(prices.instanceHour));
  }

  /** Possible values: the value itself, or its parameter's enumeration or default. */
  private possible(value: unknown, step: string, what: string): readonly unknown[] {
    if (!isComputed(value)) {
      return [value];
    }
    const found = typeof value["Get"] === "string" ? target(value["Get"]) : undefined;
    const parameter = found?.kind === "parameter" ? this.parameters.get(found.name) : undefined;
    const listed = parameter?.Type === "String" ? parameter.EnumValues : undefined;
    if (this.ofAnyStart && parameter !== undefined && listed == null) {
      throw new CostError(
        `step ${step}: its ${what} is the parameter ${parameter.Name}, which a start can set to anything`,
      );
    }
    const values = listed ?? [parameter?.DefaultValue];
    if (values.some((one) => one === undefined || one === null)) {
      throw new CostError(`step ${step}: its ${what} is known in an execution only`);
    }
    return values;
  }

  /** The maximum of a value; undefined if there is no value. */
  number(value: unknown, step: string, what: string): number | undefined {
    if (value === undefined || value === null) {
      return undefined;
    }
    const numbers = this.possible(value, step, what).map(Number);
    if (numbers.some((number) => !Number.isFinite(number) || number < 0)) {
      throw new CostError(`step ${step}: its ${what} is not a number`);
    }
    return Math.max(...numbers);
  }

  /** The price per hour of an instance type. */
  hour(type: string, step: string): number {
    const price = this.hours.get(type);
    if (price === undefined) {
      throw new CostError(`step ${step}: there is no price of ${type}; give one`);
    }
    return price;
  }

  /** Instances of a request; the most expensive of the types that a parameter allows. */
  instances(cluster: Cluster | null | undefined, step: string): Instances {
    const types = this.possible(cluster?.InstanceType, step, "instance type");
    const named = types.filter((type) => typeof type === "string");
    const [dearest] = [...named].sort((a, b) => this.hour(b, step) - this.hour(a, step));
    if (named.length < types.length || dearest === undefined) {
      throw new CostError(`step ${step}: it names no instance type`);
    }
    const number = (key: keyof Cluster): number | undefined =>
      this.number(cluster?.[key], step, key);
    return {
      type: dearest,
      count: number("InstanceCount") ?? 1,
      volumeGigabytes: number("VolumeSizeInGB") ?? 0,
      keptSeconds: number("KeepAlivePeriodInSeconds") ?? 0,
    };
  }

  /**
   * The costs of jobs on equal instances with their volumes.
   * @param seconds of all jobs together, without the time for which instances are kept warm
   */
  cost(instances: readonly Instances[], jobs: number, seconds: number, step: string): number {
    const hourly = instances.map(
      ({ count, keptSeconds, type, volumeGigabytes }) =>
        count *
        (this.hour(type, step) +
          (volumeGigabytes * this.prices.volumeGigabyteMonth) / hoursInMonth) *
        ((seconds + jobs * keptSeconds) / 3600),
    );
    return hourly.reduce((sum, one) => sum + one, 0);
  }
}

/** One job without queries. */
const oneJob = { count: 1, spot: false, queries: 0 };

/** The jobs of a step; undefined if none has hourly costs. */
function jobsOf(step: Step, values: Values): Jobs | undefined {
  const { Name: name } = step;
  const limit = (value: unknown): number =>
    (values.number(value, name, "time limit") ?? defaultLimit) + termination;
  switch (step.Type) {
    case "ClarifyCheck":
    case "Processing":
    case "QualityCheck": {
      const { ProcessingInputs: inputs, ProcessingResources: resources } = step.Arguments;
      return {
        ...oneJob,
        seconds: limit(step.Arguments.StoppingCondition?.MaxRuntimeInSeconds),
        instances: [values.instances(resources?.ClusterConfig, name)],
        queries:
          inputs?.filter((one) => one.DatasetDefinition?.AthenaDatasetDefinition).length ?? 0,
      };
    }
    case "Training": {
      const { EnableManagedSpotTraining: spot, ResourceConfig: resources } = step.Arguments;
      const groups = resources?.InstanceGroups ?? [];
      return {
        ...oneJob,
        seconds: limit(step.Arguments.StoppingCondition?.MaxRuntimeInSeconds),
        instances: (groups.length > 0 ? groups : [resources]).map((one) =>
          values.instances({ ...resources, ...one }, name),
        ),
        spot: spot === true,
      };
    }
    case "Transform":
      // CreateTransformJob has no StoppingCondition.
      return {
        ...oneJob,
        seconds: Infinity,
        instances: [values.instances(step.Arguments.TransformResources, name)],
      };
    case "Tuning":
      return tuningJobs(step, values, limit);
    default:
      return undefined;
  }
}

function tuningJobs(
  step: Extract<Step, { Type: "Tuning" }>,
  values: Values,
  limit: (value: unknown) => number,
): Jobs {
  const { Name: name } = step;
  const { HyperParameterTuningJobConfig: config } = step.Arguments;
  const {
    MaxNumberOfTrainingJobs: most,
    MaxParallelTrainingJobs: parallel,
    MaxRuntimeInSeconds: runtime,
  } = config?.ResourceLimits ?? {};
  const count = values.number(most, name, "number of training jobs");
  if (count === undefined) {
    throw new CostError(`step ${name}: its tuning names no MaxNumberOfTrainingJobs`);
  }
  const runtimeSeconds = values.number(runtime, name, "time limit of the tuning");
  const definitions = [
    step.Arguments.TrainingJobDefinition,
    ...(step.Arguments.TrainingJobDefinitions ?? []),
  ].filter((one) => one != null);
  const alternatives = definitions.flatMap((one) => {
    const { HyperParameterTuningResourceConfig: flexible, ResourceConfig: fixed } = one;
    const configs = flexible?.InstanceConfigs ?? [];
    const clusters: readonly (Cluster | null | undefined)[] =
      configs.length > 0 ? configs.map((each) => ({ ...flexible, ...each })) : [flexible ?? fixed];
    return clusters.map((cluster) => ({
      seconds: limit(one.StoppingCondition?.MaxRuntimeInSeconds),
      instances: [values.instances(cluster, name)],
      spot: one.EnableManagedSpotTraining === true,
    }));
  });
  const cost = ({ instances, seconds }: (typeof alternatives)[number]): number =>
    values.cost(instances, 1, seconds, name);
  const [dearest] = [...alternatives].sort((one, other) => cost(other) - cost(one));
  if (dearest === undefined) {
    throw new CostError(`step ${name}: its tuning has no training job`);
  }
  return {
    ...dearest,
    count,
    totalSeconds:
      runtimeSeconds === undefined
        ? undefined
        : (values.number(parallel, name, "parallel training jobs") ?? count) *
          (runtimeSeconds + termination),
    queries: 0,
  };
}

function attemptsOf(policies: readonly RetryPolicy[] | null | undefined): number {
  return (policies ?? []).reduce((sum, one) => sum + maxRetries(one), 1);
}

function costOf(step: Step, jobs: Jobs, values: Values, options: CostOptions): StepCost {
  const { Name: name } = step;
  const attempts = attemptsOf("RetryPolicies" in step ? step.RetryPolicies : undefined);
  const known = options.seconds?.get(name);
  const queryCost =
    jobs.queries * ((options.queryBytes ?? 0) / 2 ** 40) * options.prices.athenaTebibyte;
  const cost = (seconds: number): number => values.cost(jobs.instances, jobs.count, seconds, name);
  const each = (seconds: number): number => cost(jobs.count * Math.min(seconds, jobs.seconds));
  return {
    step: name,
    jobs: jobs.count,
    attempts,
    hours: jobs.seconds / 3600,
    resources: jobs.instances.map(({ count, type }) => `${count} x ${type}`).join(", "),
    low: each(Math.max(shortestJob, known ?? 0)) * (jobs.spot ? minSpotShare : 1),
    likely: each(known === undefined ? likelyJob : likelyJob + known),
    worst:
      attempts *
      (cost(Math.min(jobs.count * jobs.seconds, jobs.totalSeconds ?? Infinity)) + queryCost),
  };
}

const nothing: Range = { low: 0, likely: 0, worst: 0 };

function sum(ranges: readonly Range[]): Range {
  return ranges.reduce(
    (total, one) => ({
      low: total.low + one.low,
      likely: total.likely + one.likely,
      worst: total.worst + one.worst,
    }),
    nothing,
  );
}

/**
 * The costs of an execution of a pipeline: its jobs with their volumes, and Athena's queries if `queryBytes` limits them.
 * Cached steps are included, although they cost nothing. Not included are S3, KMS, CloudWatch and the network, and retries
 * of a failed execution.
 *
 * - worst: each job until its time limit, in each attempt of its step, on the more expensive branch of each condition
 * - likely: five minutes per job plus the measured time, once
 * - low: a minute per job, or the measured time, on the cheaper branch
 *
 * A parameter counts as the most expensive of its enumeration, otherwise as its default.
 *
 * @throws CostError if a step's jobs have no price
 */
export function executionCost(definition: PipelineDefinition, options: CostOptions): ExecutionCost {
  const values = new Values(definition, options.prices, options.ofAnyStart ?? false);
  const steps: StepCost[] = [];
  const notPriced: string[] = [];
  const ofAll = (some: readonly Step[] | null | undefined): Range =>
    sum((some ?? []).map((step) => ofOne(step)));
  const ofOne = (step: Step): Range => {
    if (step.Type === "Condition") {
      const then = ofAll(step.Arguments.IfSteps);
      const otherwise = ofAll(step.Arguments.ElseSteps);
      return {
        low: Math.min(then.low, otherwise.low),
        likely: Math.max(then.likely, otherwise.likely),
        worst: Math.max(then.worst, otherwise.worst),
      };
    }
    const jobs = jobsOf(step, values);
    if (jobs === undefined) {
      if (!free.has(step.Type)) {
        notPriced.push(`step ${step.Name}: what a step of type ${step.Type} starts`);
      }
      return nothing;
    }
    if (step.Type === "ClarifyCheck") {
      notPriced.push(`step ${step.Name}: the endpoint that Clarify may start`);
    }
    if (jobs.queries > 0 && options.queryBytes === undefined) {
      notPriced.push(`step ${step.Name}: what Athena reads`);
    }
    const cost = costOf(step, jobs, values, options);
    steps.push(cost);
    return cost;
  };
  return { ...ofAll(definition.Steps), steps, notPriced };
}
