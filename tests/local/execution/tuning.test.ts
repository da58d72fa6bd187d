import { deepEqual, equal, ok } from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Trial } from "../../../local/execution/execution";
import { runDefinition, type RunResult } from "../../../local/execution/scheduler";
import { jobsNotImproving } from "../../../local/execution/steps/completionRule";
import type { JsonObject } from "../../../pipeline/language/json";
import { parseText } from "../../../pipeline/language/parse";
import { fakeExecution, FakeJobs, type Work } from "../../support/fakeEnvironment";
import { temporaryFolder } from "../../support/localRun";
import { definitionOf } from "../../support/localWorld";

/** What a tuning step has beside what all of these have. */
interface Tuned {
  readonly criteria?: JsonObject;
  readonly earlyStopping?: "Auto" | "Off";
  readonly limits?: JsonObject;
  readonly type?: "Maximize" | "Minimize";
  readonly definition?: JsonObject;
  readonly cached?: boolean;
}

const specification: JsonObject = {
  TrainingImage: "111122223333.dkr.ecr.us-east-1.amazonaws.com/restate-test:0",
  TrainingInputMode: "File",
  MetricDefinitions: [{ Name: "loss", Regex: "loss=(.*)" }],
};

function tuningStep({
  cached,
  criteria,
  definition,
  earlyStopping = "Off",
  limits,
  type = "Minimize",
}: Tuned): JsonObject {
  return {
    Name: "Tune",
    Type: "Tuning",
    ...(cached === true ? { CacheConfig: { Enabled: true, ExpireAfter: "P30D" } } : {}),
    Arguments: {
      HyperParameterTuningJobConfig: {
        Strategy: "Random",
        TrainingJobEarlyStoppingType: earlyStopping,
        HyperParameterTuningJobObjective: { Type: type, MetricName: "loss" },
        ResourceLimits: {
          MaxNumberOfTrainingJobs: 10,
          MaxParallelTrainingJobs: 1,
          ...limits,
        },
        ParameterRanges: {},
        ...(criteria === undefined ? {} : { TuningJobCompletionCriteria: criteria }),
      },
      TrainingJobDefinition: {
        AlgorithmSpecification: specification,
        StaticHyperParameters: { fixed: "1" },
        InputDataConfig: [],
        OutputDataConfig: { S3OutputPath: "s3://team-bucket/models" },
        ...definition,
      },
    },
  };
}

const notImproving = (max: number): JsonObject => ({
  BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: max },
});

/** SIGKILL, which is no fault of the job's own. */
const killed = -9;

describe("jobsNotImproving", () => {
  const cases: readonly (readonly [string, readonly number[], number])[] = [
    ["nothing", [], 0],
    ["the first, which is the best so far", [5], 0],
    ["improvements by 1 % and more", [100, 99, 98], 0],
    ["improvements below 1 %, which do not count", [100, 99.5, 99.1], 2],
    ["by the best, not by the best that counted", [100, 99.5, 98.6, 97.6], 0],
    ["from the last improvement on", [100, 100, 101, 90, 95], 1],
    ["negative objectives, as of a metric that is maximised", [-0.8, -0.805, -0.82], 0],
    ["an objective of 0, which only a lower one improves", [0, 0, -0.001], 0],
  ];
  for (const [what, objectives, count] of cases) {
    it(`counts ${what}`, () => {
      equal(jobsNotImproving(objectives), count);
    });
  }
});

describe("a tuning", () => {
  const folder = temporaryFolder();
  let count = 0;

  async function run(
    step: JsonObject,
    work: Work,
    place = `${(count += 1)}`,
    id = `execution${place}`,
  ): Promise<{
    readonly result: RunResult;
    readonly begun: readonly string[];
    readonly trials: readonly Trial[];
    readonly facts: Readonly<Record<string, unknown>>;
  }> {
    const { definition, problems } = parseText(definitionOf([step]));
    ok(definition, problems?.join());
    const jobs = new FakeJobs(work);
    const { events, execution } = fakeExecution(join(folder, place), id, definition, jobs);
    const result = await runDefinition(definition, execution, new AbortController().signal);
    const trials = events.flatMap((event) => (event.kind === "trial" ? [event.trial] : []));
    return {
      result,
      begun: jobs.begun.map((name) => name.slice(-3)),
      trials,
      facts: execution.described.get("Tune") ?? {},
    };
  }

  /** Trains to losses, by the job's number from 1. */
  const to =
    (...losses: readonly number[]): Work =>
    ({ id, log }) => {
      writeFileSync(log, `loss=${losses[Number(id.slice(-3)) - 1] ?? 99}\n`);
      return 0;
    };

  const statuses = (trials: readonly Trial[]): readonly string[] =>
    [...trials]
      .sort((left, right) => left.number - right.number)
      .map(({ number, objective, status }) => `${number} ${status} ${objective ?? "-"}`);

  const best = (facts: Readonly<Record<string, unknown>>): unknown => {
    const { TrainingJobArn: arn, TrainingJobName: name } = facts["BestTrainingJob"] as {
      readonly TrainingJobArn: string;
      readonly TrainingJobName: string;
    };
    equal(arn, `arn:aws:sagemaker:us-east-1:111122223333:training-job/${name}`);
    return name.slice(-3);
  };

  it("runs all its training jobs without criteria", async () => {
    const { begun, facts, result } = await run(tuningStep({}), to(10, 9, 9, 9, 9, 9));
    equal(begun.length, 10);
    deepEqual(facts["TuningJobCompletionDetails"], {
      NumberOfTrainingJobsObjectiveNotImproving: 8,
    });
    equal(result.steps[0]?.detail, undefined);
  });

  it("completes after so many training jobs that do not improve the best by 1 %", async () => {
    const { begun, facts, result, trials } = await run(
      tuningStep({ criteria: notImproving(3) }),
      to(10, 9.95, 9.5, 9.45, 9.45, 9.6, 1),
    );
    deepEqual(begun, ["001", "002", "003", "004", "005", "006"]);
    ok(trials.every(({ status }) => status === "Completed"));
    equal(best(facts), "004");
    deepEqual(facts["TuningJobCompletionDetails"], {
      NumberOfTrainingJobsObjectiveNotImproving: 3,
    });
    equal(facts["HyperParameterTuningJobStatus"], "Completed");
    equal(
      result.steps[0]?.detail,
      "complete after 6 of 10 trials: 3 training jobs in a row did not improve the best objective by 1 %",
    );
  });

  it("does not count training jobs that failed", async () => {
    const { begun } = await run(tuningStep({ criteria: notImproving(3) }), (job) =>
      Number(job.id.slice(-3)) % 2 === 0 ? 1 : to()(job),
    );
    deepEqual(begun.at(-1), "007");
  });

  for (const [type, target, losses, last] of [
    ["Minimize", 2, [3, 2.5, 2], "003"],
    ["Maximize", 98, [97, 97.9, 98], "003"],
  ] as const) {
    it(`completes when a training job reaches the target, to ${type}`, async () => {
      const criteria = { TargetObjectiveMetricValue: target };
      const { begun, facts } = await run(tuningStep({ criteria, type }), to(...losses));
      equal(begun.at(-1), last);
      equal(best(facts), last);
    });
  }

  describe("with parallel training jobs", () => {
    const criteria = { TargetObjectiveMetricValue: 2 };
    const limits = { MaxParallelTrainingJobs: 2 };
    const expected = ["0 Completed 3", "1 Completed 2", "2 Stopped -"];

    const modelOfThird = (place: string): string =>
      join(folder, place, `s3/team-bucket/models/execution${place}-Tune-003/output/model.tar.gz`);

    it("stops running training jobs when it completes", async () => {
      const { facts, result, trials } = await run(tuningStep({ criteria, limits }), (job) =>
        job.id.endsWith("003") ? new Promise<number>(() => undefined) : to(3, 2)(job),
      );
      equal(result.status, "Succeeded");
      deepEqual(statuses(trials), expected);
      equal(best(facts), "002");
      equal(
        trials.at(-1)?.failureReason,
        "stopped, as the tuning was complete: a training job reached 2, the TargetObjectiveMetricValue",
      );
    });

    it("has the same trials if a later, better one ends first", async () => {
      const place = "ended";
      const { facts, trials } = await run(
        tuningStep({ criteria, limits }),
        async (job) => {
          while (job.id.endsWith("002") && !existsSync(modelOfThird(place))) {
            await new Promise((done) => setTimeout(done, 20));
          }
          return to(3, 2, 1)(job);
        },
        place,
      );
      deepEqual(statuses(trials), expected);
      equal(best(facts), "002");
    });
  });

  it("stops running training jobs at its time limit, and does not cache that result", async () => {
    const step = tuningStep({ cached: true, limits: { MaxRuntimeInSeconds: 1 } });
    const hangs: Work = (job) =>
      job.id.endsWith("001") ? to(1)(job) : new Promise<number>(() => undefined);
    for (const id of ["first", "second"]) {
      const { begun, facts, result, trials } = await run(step, hangs, "time", id);
      equal(result.status, "Succeeded");
      equal(facts["HyperParameterTuningJobStatus"], "Completed");
      deepEqual(statuses(trials), ["0 Completed 1", "1 Stopped -"]);
      // The training job that completed may stand in for its equal.
      deepEqual(begun, id === "first" ? ["001", "002"] : ["002"]);
      equal(
        result.steps[0]?.detail,
        "complete after 2 of 10 trials: its MaxRuntimeInSeconds, 1 s, have passed",
      );
    }
  });

  it("stops a running training job early, by what it has reported", async () => {
    const limits = { MaxNumberOfTrainingJobs: 5 };
    const { trials } = await run(tuningStep({ earlyStopping: "Auto", limits }), ({ id, log }) => {
      const isLast = id.endsWith("005");
      writeFileSync(log, isLast ? "loss=9\nloss=8\n" : "loss=3\nloss=2\nloss=1\n");
      return isLast ? new Promise<number>(() => undefined) : 0;
    });
    deepEqual(statuses(trials), [
      ...[0, 1, 2, 3].map((number) => `${number} Completed 1`),
      "4 Stopped 9",
    ]);
    equal(trials.at(-1)?.failureReason, "stopped early, after 1 values of the objective");
  });

  it("begins no training job after it was stopped", async () => {
    const limits = { MaxParallelTrainingJobs: 2 };
    const { definition } = parseText(definitionOf([tuningStep({ limits })]));
    ok(definition);
    const stop = new AbortController();
    const jobs = new FakeJobs(() => {
      if (jobs.begun.length === 2) {
        stop.abort();
        void jobs.close();
      }
      return new Promise(() => undefined);
    });
    const { events, execution } = fakeExecution(join(folder, "closed"), "x", definition, jobs);
    equal((await runDefinition(definition, execution, stop.signal)).status, "Stopped");
    const begun = events.flatMap((event) => (event.kind === "trialBegins" ? [event.trial] : []));
    deepEqual(
      begun.map(({ number }) => number),
      [0, 1],
    );
  });

  it("accepts a time limit longer than a Node.js timer can wait", async () => {
    const limits = { MaxNumberOfTrainingJobs: 3, MaxRuntimeInSeconds: 15_768_000 };
    const { begun, result } = await run(tuningStep({ limits }), to(3, 2, 1));
    deepEqual(begun, ["001", "002", "003"]);
    equal(result.steps[0]?.detail, undefined);
  });

  describe("with a RetryStrategy", () => {
    const limits = { MaxNumberOfTrainingJobs: 1 };
    const definition = { RetryStrategy: { MaximumRetryAttempts: 2 } };

    it("repeats a training job that the machine ended, as often as it allows", async () => {
      const step = tuningStep({ limits, definition });
      let attempts = 0;
      const later = await run(step, (job) => ((attempts += 1) < 3 ? killed : to(1)(job)));
      deepEqual(later.begun, ["001", "001", "001"]);
      deepEqual(statuses(later.trials), ["0 Completed 1"]);
      const never = await run(step, () => killed);
      deepEqual(never.begun, ["001", "001", "001"]);
      equal(never.result.status, "Failed");
    });

    it("does not repeat a training job that failed by itself", async () => {
      deepEqual((await run(tuningStep({ limits, definition }), () => 1)).begun, ["001"]);
    });

    it("runs a training job once without one", async () => {
      deepEqual((await run(tuningStep({ limits }), () => killed)).begun, ["001"]);
    });
  });
});
