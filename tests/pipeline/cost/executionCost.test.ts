import { equal, ok, throws } from "node:assert/strict";

import { CostError, executionCost } from "../../../pipeline/cost/executionCost";
import { listPrices } from "../../../pipeline/cost/prices";
import type { PipelineDefinition, Step } from "../../../pipeline/language/definition";
import { parse } from "../../../pipeline/language/parse";
import type { Json, JsonObject } from "../../../pipeline/language/json";

const prices = {
  ...listPrices,
  instanceHour: { "ml.a.large": 1, "ml.b.large": 2, "ml.c.large": 4 },
  volumeGigabyteMonth: 73, // 0.1 a gigabyte in an hour
};

function definition(steps: readonly Json[], parameters: readonly Json[] = []): PipelineDefinition {
  const parsed = parse({ Version: "2020-12-01", Parameters: parameters, Steps: steps });
  if (parsed.problems !== undefined) {
    throw new Error(parsed.problems.join("; "));
  }
  return parsed.definition;
}

const cost = (steps: readonly Json[], parameters: readonly Json[] = [], options: object = {}) =>
  executionCost(definition(steps, parameters), { prices, ...options });

const processing = (name: string, more: JsonObject = {}, step: JsonObject = {}): JsonObject => ({
  Name: name,
  Type: "Processing",
  Arguments: {
    ProcessingResources: {
      ClusterConfig: { InstanceCount: 2, InstanceType: "ml.a.large", VolumeSizeInGB: 10 },
    },
    StoppingCondition: { MaxRuntimeInSeconds: 3480 }, // an hour, with the 120 seconds after SIGTERM
    ...more,
  },
  ...step,
});

const tuning = (limits: JsonObject, job: JsonObject = {}): JsonObject => ({
  Name: "Tune",
  Type: "Tuning",
  Arguments: {
    HyperParameterTuningJobConfig: { ResourceLimits: limits },
    TrainingJobDefinition: {
      ResourceConfig: { InstanceCount: 1, InstanceType: "ml.b.large", VolumeSizeInGB: 0 },
      StoppingCondition: { MaxRuntimeInSeconds: 3480 },
      ...job,
    },
  },
});

/** Equal but for the last digits of a number. */
function near(actual: number, expected: number): void {
  ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

describe("the cost of an execution", () => {
  it("includes each job up to its time limit, with its volume, on all its instances", () => {
    const { likely, low, steps, worst } = cost([processing("A")]);
    near(worst, 2 * (1 + 1));
    near(low, (2 * 2) / 60);
    near(likely, (2 * 2) / 12);
    equal(steps[0]?.resources, "2 x ml.a.large");
  });

  it("includes all attempts of a step's retry policies", () => {
    const policies = (...all: Json[]): number =>
      cost([processing("A", {}, { RetryPolicies: all })]).steps[0]?.attempts ?? 0;
    equal(policies({ ExceptionType: ["Step.THROTTLING"], MaxAttempts: 3 }), 4);
    equal(policies({ ExceptionType: ["SageMaker.CAPACITY_ERROR"] }), 6);
    equal(
      policies(
        { ExceptionType: ["Step.THROTTLING"], MaxAttempts: 1 },
        { ExceptionType: ["Step.SERVICE_FAULT"], ExpireAfterMin: 2, IntervalSeconds: 30 },
      ),
      6,
    );
  });

  it("assumes a day if a job has no time limit", () => {
    near(cost([processing("A", { StoppingCondition: null })]).worst, (4 * (86_400 + 120)) / 3600);
  });

  it("includes all trials of a tuning, or as many as its own time limit allows", () => {
    near(cost([tuning({ MaxNumberOfTrainingJobs: 10, MaxParallelTrainingJobs: 2 })]).worst, 20);
    const limited = {
      MaxNumberOfTrainingJobs: 10,
      MaxParallelTrainingJobs: 2,
      MaxRuntimeInSeconds: 3480,
    };
    near(cost([tuning(limited)]).worst, 4);
  });

  it("uses the most expensive of several instance types and training jobs", () => {
    const limits = { MaxNumberOfTrainingJobs: 1, MaxParallelTrainingJobs: 1 };
    const configs = ["ml.a.large", "ml.c.large", "ml.b.large"].map((InstanceType) => ({
      InstanceType,
      InstanceCount: 1,
      VolumeSizeInGB: 0,
    }));
    const flexible = { HyperParameterTuningResourceConfig: { InstanceConfigs: configs } };
    near(cost([tuning(limits, flexible)]).worst, 4);
  });

  it("uses the more expensive branch of a condition, and the cheaper one for the minimum", () => {
    const condition = {
      Name: "If",
      Type: "Condition",
      Arguments: {
        Conditions: [],
        IfSteps: [processing("A"), processing("B")],
        ElseSteps: [processing("C")],
      },
    };
    const { low, worst } = cost([condition]);
    near(worst, 8);
    near(low, (2 * 2) / 60);
  });

  it("uses the most expensive value that a parameter allows, or else its default", () => {
    const of = (parameter: JsonObject): number =>
      cost(
        [
          processing("A", {
            ProcessingResources: {
              ClusterConfig: { InstanceCount: 1, InstanceType: { Get: "Parameters.Type" } },
            },
          }),
        ],
        [{ Name: "Type", Type: "String", ...parameter }],
      ).worst;
    equal(of({ DefaultValue: "ml.a.large" }), 1);
    equal(of({ DefaultValue: "ml.a.large", EnumValues: ["ml.a.large", "ml.c.large"] }), 4);
    throws(() => of({}), /step A: its instance type is known in an execution only/);
  });

  it("includes Athena's scans if they are limited, and otherwise says that they are not included", () => {
    const query = {
      ProcessingInputs: [
        {
          InputName: "table",
          DatasetDefinition: { AthenaDatasetDefinition: { QueryString: "SELECT 1" } },
        },
      ],
    };
    near(cost([processing("A", query)], [], { queryBytes: 2 ** 40 }).worst, 4 + 5);
    equal(cost([processing("A", query)]).notPriced[0], "step A: what Athena reads");
  });

  it("uses a job's measured duration", () => {
    const seconds = new Map([["A", 600]]);
    const { likely, low } = cost([processing("A")], [], { seconds });
    near(low, 4 / 6);
    near(likely, (4 * 900) / 3600);
  });

  it("is unlimited if a job has no time limit", () => {
    const transform = {
      Name: "T",
      Type: "Transform",
      Arguments: { TransformResources: { InstanceCount: 1, InstanceType: "ml.a.large" } },
    };
    equal(cost([transform]).worst, Infinity);
  });

  it("names what has no price", () => {
    throws(
      () =>
        cost([
          processing("A", {
            ProcessingResources: {
              ClusterConfig: { InstanceCount: 1, InstanceType: "ml.z.large" },
            },
          }),
        ]),
      (error) =>
        error instanceof CostError &&
        error.message.includes("step A: there is no price of ml.z.large"),
    );
    equal(
      cost([{ Name: "E", Type: "EMR", Arguments: {} }]).notPriced[0],
      "step E: what a step of type EMR starts",
    );
  });

  it("is never exceeded by an execution, in 10,000 definitions with one execution each", () => {
    for (let seed = 1; seed <= 10_000; seed += 1) {
      const random = mulberry(seed);
      const steps = randomSteps(random, 2);
      const made = definition(steps);
      const worst = executionCost(made, { prices }).worst;
      const billed = execute(made.Steps, random);
      ok(billed <= worst + 1e-9, `seed ${seed}: ${billed} were billed, above ${worst}`);
    }
  });
});

type Random = () => number;

/** A generator of random numbers from 0 to 1 that a seed decides. */
function mulberry(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const integer = (random: Random, from: number, to: number): number =>
  from + Math.floor(random() * (to - from + 1));
const pick = <Value>(random: Random, values: readonly Value[]): Value =>
  values[integer(random, 0, values.length - 1)] as Value;

function randomSteps(random: Random, depth: number, prefix = "S"): JsonObject[] {
  return Array.from({ length: integer(random, 1, 3) }, (_, index): JsonObject => {
    const name = `${prefix}${index}`;
    const cluster = {
      InstanceType: pick(random, ["ml.a.large", "ml.b.large", "ml.c.large"]),
      InstanceCount: integer(random, 1, 3),
      VolumeSizeInGB: integer(random, 0, 50),
    };
    const stopping = random() < 0.2 ? null : { MaxRuntimeInSeconds: integer(random, 1, 100_000) };
    const policies = Array.from({ length: integer(random, 0, 2) }, () => ({
      ExceptionType: ["Step.THROTTLING"],
      ...(random() < 0.5 ? { MaxAttempts: integer(random, 1, 4) } : {}),
    }));
    const kind = integer(random, 0, depth > 0 ? 3 : 2);
    if (kind === 0) {
      return {
        Name: name,
        Type: "Processing",
        RetryPolicies: policies,
        Arguments: { ProcessingResources: { ClusterConfig: cluster }, StoppingCondition: stopping },
      };
    }
    const kept: JsonObject =
      random() < 0.3 ? { KeepAlivePeriodInSeconds: integer(random, 1, 3600) } : {};
    const job: JsonObject = {
      ResourceConfig: { ...cluster, ...kept },
      StoppingCondition: stopping,
    };
    if (kind === 1) {
      return { Name: name, Type: "Training", RetryPolicies: policies, Arguments: job };
    }
    if (kind === 2) {
      const limits: JsonObject = {
        MaxNumberOfTrainingJobs: integer(random, 1, 30),
        MaxParallelTrainingJobs: integer(random, 1, 5),
        ...(random() < 0.5 ? { MaxRuntimeInSeconds: integer(random, 120, 50_000) } : {}),
      };
      return {
        Name: name,
        Type: "Tuning",
        RetryPolicies: policies,
        Arguments: {
          HyperParameterTuningJobConfig: { ResourceLimits: limits },
          TrainingJobDefinition: job,
        },
      };
    }
    return {
      Name: name,
      Type: "Condition",
      Arguments: {
        Conditions: [],
        IfSteps: randomSteps(random, depth - 1, `${name}I`),
        ElseSteps: random() < 0.3 ? [] : randomSteps(random, depth - 1, `${name}E`),
      },
    };
  });
}

interface Cluster {
  readonly InstanceType?: unknown;
  readonly InstanceCount?: unknown;
  readonly VolumeSizeInGB?: unknown;
  readonly KeepAlivePeriodInSeconds?: unknown;
}

/** What the instances of a job are billed for some seconds: one second after the other, as an account would be. */
function billedFor(cluster: Cluster, seconds: number): number {
  const hour = prices.instanceHour[cluster.InstanceType as keyof typeof prices.instanceHour];
  const gigabytes = Number(cluster.VolumeSizeInGB);
  return Number(cluster.InstanceCount) * (seconds / 3600) * (hour + gigabytes / 10);
}

/** Runs steps as a service would that lets every job take its time and fails as often as it is tried again. */
function execute(steps: readonly Step[], random: Random): number {
  let billed = 0;
  for (const step of steps) {
    if (step.Type === "Condition") {
      const branch = random() < 0.5 ? step.Arguments.IfSteps : step.Arguments.ElseSteps;
      billed += execute(branch ?? [], random);
      continue;
    }
    const policies = "RetryPolicies" in step ? (step.RetryPolicies ?? []) : [];
    const tries = policies.reduce((all, one) => all + integer(random, 0, one.MaxAttempts ?? 5), 0);
    for (let attempt = 0; attempt <= tries; attempt += 1) {
      billed += runJobs(step, random);
    }
  }
  return billed;
}

function runJobs(step: Step, random: Random): number {
  // Half of the jobs run until they are ended, and then 120 seconds more.
  const last = (limit: number): number => (random() < 0.5 ? limit + 120 : random() * limit);
  switch (step.Type) {
    case "Processing": {
      const cluster = step.Arguments.ProcessingResources?.ClusterConfig ?? {};
      const limit = Number(step.Arguments.StoppingCondition?.MaxRuntimeInSeconds ?? 86_400);
      return billedFor(cluster, last(limit));
    }
    case "Training": {
      const cluster: Cluster = step.Arguments.ResourceConfig ?? {};
      const limit = Number(step.Arguments.StoppingCondition?.MaxRuntimeInSeconds ?? 86_400);
      return billedFor(
        cluster,
        last(limit) + random() * Number(cluster.KeepAlivePeriodInSeconds ?? 0),
      );
    }
    case "Tuning": {
      const limits = step.Arguments.HyperParameterTuningJobConfig?.ResourceLimits;
      const job = step.Arguments.TrainingJobDefinition;
      const cluster: Cluster = job?.ResourceConfig ?? {};
      const limit = Number(job?.StoppingCondition?.MaxRuntimeInSeconds ?? 86_400);
      const runtime = Number(limits?.MaxRuntimeInSeconds ?? Infinity);
      // Parallel lines of trials, each until the tuning ends.
      const lines = Array.from({ length: Number(limits?.MaxParallelTrainingJobs) }, () => 0);
      let billed = 0;
      for (let trial = 0; trial < Number(limits?.MaxNumberOfTrainingJobs); trial += 1) {
        const line = lines.indexOf(Math.min(...lines));
        const start = lines[line] ?? 0;
        if (start >= runtime) {
          break;
        }
        const seconds = Math.min(last(limit), runtime - start + 120);
        lines[line] = start + seconds;
        billed += billedFor(
          cluster,
          seconds + random() * Number(cluster.KeepAlivePeriodInSeconds ?? 0),
        );
      }
      return billed;
    }
    default:
      return 0;
  }
}
