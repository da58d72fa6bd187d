import type { Parameter, PipelineDefinition, RetryPolicy, Step } from "../language/definition";
import { isComputed, target } from "../language/expressions";
import { maxRetries } from "../language/retries";
import { hoursInMonth, type Prices } from "./prices";

/** What something costs: at the least, as is likely, and at the most. */
export interface Range {
  readonly low: number;
  readonly likely: number;
  readonly worst: number;
}

/** What a step costs. */
export interface StepCost extends Range {
  readonly step: string;
  /** Jobs of one attempt, at the most. */
  readonly jobs: number;
  /** Attempts at the most: one, and those of its retry policies. */
  readonly attempts: number;
  /** Hours that one job may take; infinite if it has no limit. */
  readonly hours: number;
  /** What its jobs run on, such as `2 x ml.m5.xlarge`. */
  readonly resources: string;
}

/** What an execution costs. */
export interface ExecutionCost extends Range {
  /** The steps that cost something, in the definition's order. */
  readonly steps: readonly StepCost[];
  /** What costs something that is not counted: a text each, with the step. */
  readonly notPriced: readonly string[];
}

export interface CostOptions {
  readonly prices: Prices;
  /** Whether a parameter that has no enumeration is refused, since a start can give it any value. Default: no. */
  readonly ofAnyStart?: boolean | undefined;
  /** Maximum number of bytes that one query of Athena reads; undefined: what a query reads is not counted. */
  readonly queryBytes?: number | undefined;
  /** Seconds that a job of a step has taken elsewhere, such as on this machine, by the step's name. */
  readonly seconds?: ReadonlyMap<string, number> | undefined;
}

/** What has no price: a type without one, or a value that only an execution knows. */
export class CostError extends Error {}

/** Seconds that a job takes at the least: what is billed begins with them. */
const shortestJob = 60;

/** Seconds of a job that are likely if nothing is known: most of it is the start. An assumption. */
const likelyJob = 300;

/** Seconds by which a job outlives its limit: SIGTERM gives it these to save what it has. Source: StoppingCondition. */
const termination = 120;

/** The limit of a job that names none: a day. Sources: StoppingCondition; Processor in the SageMaker Python SDK. */
const defaultLimit = 86_400;

/** Spot instances save up to 90 %. Source: Managed Spot Training. */
const minSpotShare = 0.1;

/** Kinds of steps that start nothing which is paid by the hour. */
const free: ReadonlySet<string> = new Set([
  "Cleanup",
  "Condition",
  "EndpointConfig",
  "Fail",
  "Lineage",
  "Model",
  "RegisterModel",
]);

/** Instances of one type that work together. */
interface Instances {
  readonly type: string;
  readonly count: number;
  readonly volumeGigabytes: number;
  /** Seconds for which they are kept warm. */
  readonly keptSeconds: number;
}

/** The jobs of one attempt of a step. */
interface Jobs {
  readonly count: number;
  /** Seconds of one job, at the most. */
  readonly seconds: number;
  /** Seconds of all of them together, where that is limited too. */
  readonly totalSeconds?: number | undefined;
  /** What one job runs on: the dearest, where it may run on one of several. */
  readonly instances: readonly Instances[];
  readonly spot: boolean;
  /** Queries of Athena in one attempt. */
  readonly queries: number;
}

interface Cluster {
  readonly InstanceType?: unknown;
  readonly InstanceCount?: unknown;
  readonly VolumeSizeInGB?: unknown;
  readonly KeepAlivePeriodInSeconds?: unknown;
}

/** Reads values of a definition at the most that they can be, by the pipeline's parameters. */
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

  /** What a value can be: itself, or what its parameter can be by its enumeration, or its default. */
  private possible(value: unknown, step: string, what: string): readonly unknown[] {
    if (!isComputed(value)) {
      return [value];
    }
    const found = typeof value["Get"] === "string" ? target(value["Get"]) : undefined;
    const parameter = found?.kind === "parameter" ? this.parameters.get(found.name) : undefined;
    const isOpen = parameter?.Type !== "String" || parameter.EnumValues == null;
    if (this.ofAnyStart && parameter !== undefined && isOpen) {
      throw new CostError(
        `step ${step}: its ${what} is the parameter ${parameter.Name}, which a start can set to anything`,
      );
    }
    const values =
      parameter?.Type === "String" && parameter.EnumValues != null
        ? parameter.EnumValues
        : [parameter?.DefaultValue];
    if (values.some((one) => one === undefined || one === null)) {
      throw new CostError(`step ${step}: its ${what} is known in an execution only`);
    }
    return values;
  }

  /** The greatest number that a value can be; undefined if there is no value. */
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

  /** What an hour of an instance type costs. */
  hour(type: string, step: string): number {
    const price = this.hours.get(type);
    if (price === undefined) {
      throw new CostError(`step ${step}: there is no price of ${type}; give one`);
    }
    return price;
  }

  /** Instances by the request's members; of several types that a parameter allows, the dearest. */
  instances(cluster: Cluster | null | undefined, step: string): Instances {
    const types = this.possible(cluster?.InstanceType, step, "instance type");
    const named = types.filter((type) => typeof type === "string");
    if (named.length < types.length || named.length === 0) {
      throw new CostError(`step ${step}: it names no instance type`);
    }
    const number = (key: keyof Cluster): number | undefined =>
      this.number(cluster?.[key], step, key);
    return {
      type: named.reduce((dearest, type) =>
        this.hour(type, step) > this.hour(dearest, step) ? type : dearest,
      ),
      count: number("InstanceCount") ?? 1,
      volumeGigabytes: number("VolumeSizeInGB") ?? 0,
      keptSeconds: number("KeepAlivePeriodInSeconds") ?? 0,
    };
  }

  /**
   * What some jobs cost, each on the same instances with their volumes.
   * @param seconds of all of them together, without those for which instances are kept warm
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

/** The jobs that a step starts; undefined if it starts none that is paid by the hour. */
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
        count: 1,
        seconds: limit(step.Arguments.StoppingCondition?.MaxRuntimeInSeconds),
        instances: [values.instances(resources?.ClusterConfig, name)],
        spot: false,
        queries:
          inputs?.filter((one) => one.DatasetDefinition?.AthenaDatasetDefinition).length ?? 0,
      };
    }
    case "Training": {
      const { EnableManagedSpotTraining: spot, ResourceConfig: resources } = step.Arguments;
      const groups = resources?.InstanceGroups ?? [];
      return {
        count: 1,
        seconds: limit(step.Arguments.StoppingCondition?.MaxRuntimeInSeconds),
        instances: (groups.length > 0 ? groups : [resources]).map((one) =>
          values.instances({ ...resources, ...one }, name),
        ),
        spot: spot === true,
        queries: 0,
      };
    }
    case "Transform":
      // CreateTransformJob has no StoppingCondition.
      return {
        count: 1,
        seconds: Infinity,
        instances: [values.instances(step.Arguments.TransformResources, name)],
        spot: false,
        queries: 0,
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
  const [first, ...others] = alternatives;
  if (first === undefined) {
    throw new CostError(`step ${name}: its tuning has no training job`);
  }
  const dearest = others.reduce(
    (most, one) =>
      values.cost(one.instances, 1, one.seconds, name) >
      values.cost(most.instances, 1, most.seconds, name)
        ? one
        : most,
    first,
  );
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
 * What an execution of a pipeline costs: its jobs with their volumes, and what Athena reads where `queryBytes` limits
 * that. Whether a step is taken from the cache, it does not ask: then it costs nothing. Not in it are what S3, KMS,
 * CloudWatch and the network charge by use, and what a retry of a failed execution runs again.
 *
 * - worst: each job until its time limit, in each attempt of its step, on the branch of each condition that costs more
 * - likely: five minutes a job, and the time that it has taken elsewhere, once
 * - low: a minute a job, or the time that it has taken elsewhere, on the cheaper branch
 *
 * A parameter counts as the dearest of its enumeration, or else as its default.
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
