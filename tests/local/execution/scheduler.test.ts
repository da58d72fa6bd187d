import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { runDefinition, type RunResult, type RunSteps } from "../../../local/execution/scheduler";
import type { JsonObject } from "../../../pipeline/language/json";
import { parseText } from "../../../pipeline/language/parse";
import { fakeExecution, FakeJobs, type Work } from "../../support/fakeEnvironment";
import { temporaryFolder } from "../../support/localRun";
import { conditionStep, definitionOf, failStep, scriptStep } from "../../support/localWorld";

/** What a test lets happen later. */
function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((done) => {
    open = done;
  });
  return { open, opened };
}

describe("the scheduler", () => {
  const folder = temporaryFolder();
  let count = 0;

  /** A work folder of its own, and an execution there. */
  const newPlace = (): { readonly work: string; readonly id: string } => {
    count += 1;
    return { work: join(folder, String(count)), id: `execution${count}` };
  };

  /** A run of steps by a fake environment. */
  function begin(
    steps: readonly JsonObject[],
    work?: Work,
    which?: RunSteps,
    place: { readonly work: string; readonly id: string } = newPlace(),
  ): {
    readonly jobs: FakeJobs;
    readonly stop: () => void;
    readonly ended: Promise<RunResult>;
    readonly states: () => readonly string[];
    readonly events: ReturnType<typeof fakeExecution>["events"];
  } {
    const { definition, problems } = parseText(definitionOf(steps));
    ok(definition, problems?.join());
    const jobs = new FakeJobs(work);
    const { events, execution } = fakeExecution(place.work, place.id, definition, jobs);
    execution.store.write("s3://team-bucket/code/x.py", "");
    const stopped = new AbortController();
    return {
      jobs,
      events,
      stop: () => {
        stopped.abort();
        void jobs.close();
      },
      ended: runDefinition(definition, execution, stopped.signal, which),
      states: () =>
        events.flatMap((event) =>
          event.kind === "step" ? [`${event.step.name} ${event.step.status}`] : [],
        ),
    };
  }

  /** How each step ended. */
  const outcome = ({ steps }: RunResult): Readonly<Record<string, string>> =>
    Object.fromEntries(steps.map(({ name, status }) => [name, status]));

  const script = (name: string, more: JsonObject = {}): JsonObject =>
    scriptStep(name, "x.py", more);

  const after = (...names: readonly string[]): JsonObject => ({ DependsOn: names });

  it("runs independent steps in parallel, and dependent ones after them", async () => {
    const both = gate();
    const { ended, jobs, states } = begin(
      [script("Join", after("Left", "Right")), script("Left"), script("Right")],
      async ({ id }) => {
        if (jobs.begun.length === 2) {
          both.open();
        }
        // It would wait for ever, were the other one not begun.
        await (id === "Join" ? undefined : both.opened);
        return 0;
      },
    );
    deepEqual(outcome(await ended), { Join: "Succeeded", Left: "Succeeded", Right: "Succeeded" });
    deepEqual([...jobs.begun.slice(0, 2)].sort(), ["Left", "Right"]);
    deepEqual(states().slice(0, 2), ["Left Executing", "Right Executing"]);
    deepEqual(states().slice(-2), ["Join Executing", "Join Succeeded"]);
  });

  it("runs no more at once than MaxParallelExecutionSteps", async () => {
    let running = 0;
    let most = 0;
    const two = gate();
    const names = ["A", "B", "C", "D", "E"];
    const { ended, jobs } = begin(
      names.map((name) => script(name)),
      async () => {
        running += 1;
        most = Math.max(most, running);
        if (running === 2) {
          two.open();
        }
        await two.opened;
        await new Promise((done) => setImmediate(done));
        running -= 1;
        return 0;
      },
      { maxParallel: 2 },
    );
    equal((await ended).status, "Succeeded");
    equal(most, 2);
    deepEqual([...jobs.begun].sort(), names);
  });

  it("stops running steps after the first failure, and starts no more", async () => {
    const other = gate();
    const { ended, jobs } = begin(
      [
        script("Fails"),
        script("Slow"),
        script("Next", after("Slow")),
        script("Late", after("Fails")),
      ],
      async ({ id, log }) => {
        if (id === "Fails") {
          await other.opened;
          writeFileSync(log, "Traceback\nno luck\n");
          return 3;
        }
        other.open();
        return new Promise<number>(() => undefined);
      },
    );
    const result = await ended;
    deepEqual(outcome(result), {
      Fails: "Failed",
      Slow: "Stopped",
      Next: "NotExecuted",
      Late: "NotExecuted",
    });
    equal(result.failureReason, "exit code 3\nTraceback\nno luck");
    match(result.steps[0]?.log ?? "", /logs\/Fails\.log$/);
    ok(jobs.isClosed);
  });

  it("stops running steps in order, and leaves ended ones unchanged", async () => {
    const slow = gate();
    const { ended, stop } = begin(
      [script("Quick"), script("Slow", after("Quick")), script("Next", after("Slow"))],
      ({ id }) => {
        if (id === "Quick") {
          return 0;
        }
        slow.open();
        return new Promise<number>(() => undefined);
      },
    );
    await slow.opened;
    stop();
    const result = await ended;
    deepEqual(outcome(result), { Quick: "Succeeded", Slow: "Stopped", Next: "NotExecuted" });
    deepEqual([result.status, result.failureReason], ["Stopped", undefined]);
  });

  it("takes one branch of a condition, and skips what depends on the other", async () => {
    const { ended, jobs } = begin([
      conditionStep("Check", [1, 1], [script("Yes")], [script("No"), failStep("Fail", "no")]),
      script("AfterYes", after("Yes")),
      script("AfterNo", after("No")),
      script("AfterAfterNo", after("AfterNo")),
      script("AfterBoth", after("Check")),
    ]);
    deepEqual(outcome(await ended), {
      Check: "Succeeded",
      Yes: "Succeeded",
      No: "NotExecuted",
      Fail: "NotExecuted",
      AfterYes: "Succeeded",
      AfterNo: "NotExecuted",
      AfterAfterNo: "NotExecuted",
      AfterBoth: "Succeeded",
    });
    deepEqual([...jobs.begun].sort(), ["AfterBoth", "AfterYes", "Yes"]);
  });

  it("fails with the message of a Fail step", async () => {
    const { ended } = begin([conditionStep("Check", [1, 2], [], [failStep("Low", "too low")])]);
    const result = await ended;
    deepEqual([result.status, result.failureReason], ["Failed", "too low"]);
  });

  it("fails a step whose request has a value of another type", async () => {
    const number = {
      "Std:JsonGet": { PropertyFile: { Get: "Steps.Report.PropertyFiles.F" }, Path: "n" },
    };
    const second = script("Second");
    const { ended } = begin(
      [
        script("Report", {
          PropertyFiles: [{ PropertyFileName: "F", OutputName: "out", FilePath: "f.json" }],
        }),
        {
          ...second,
          Arguments: { ...(second["Arguments"] as JsonObject), Environment: { N: number } },
        },
      ],
      ({ workingDirectory }) => {
        writeFileSync(join(workingDirectory, "processing", "out", "f.json"), '{"n": 3}');
        return 0;
      },
    );
    const result = await ended;
    deepEqual(outcome(result), { Report: "Succeeded", Second: "Failed" });
    equal(result.failureReason, "Arguments.Environment.N: must be a string, not the number 3");
  });

  it("gives steps the properties of a training job and a model package", async () => {
    const training: JsonObject = {
      Name: "Train",
      Type: "Training",
      Arguments: {
        RoleArn: "arn:aws:iam::111122223333:role/team",
        AlgorithmSpecification: {
          TrainingImage: "111122223333.dkr.ecr.us-east-1.amazonaws.com/restate-test:0",
          TrainingInputMode: "File",
        },
        OutputDataConfig: { S3OutputPath: "s3://team-bucket/models" },
        StoppingCondition: { MaxRuntimeInSeconds: 60 },
      },
    };
    const register: JsonObject = {
      Name: "Register",
      Type: "RegisterModel",
      Arguments: { ModelPackageGroupName: "team" },
    };
    const values = [
      ...["Train.TrainingTimeInSeconds", "Train.BillableTimeInSeconds"],
      ...["Register.ModelPackageArn", "Register.ModelPackageStatus"],
    ].map((path) => ({ Get: `Steps.${path}` }));
    const { ended } = begin([
      training,
      register,
      failStep("Show", { "Std:Join": { On: " ", Values: values } }),
    ]);
    equal(
      (await ended).failureReason,
      "1 1 arn:aws:sagemaker:us-east-1:111122223333:model-package/team/1 Completed",
    );
  });

  /** SIGKILL, which is no fault of the job's own. */
  const killed = -9;
  const retrying = (MaxAttempts: number): JsonObject => ({
    RetryPolicies: [
      {
        ExceptionType: ["SageMaker.JOB_INTERNAL_ERROR"],
        IntervalSeconds: 0,
        MaxAttempts,
      },
    ],
  });

  it("retries a killed job as often as its RetryPolicies allow", async () => {
    const { ended, events, jobs } = begin([script("Killed", retrying(3))], () => killed);
    equal(
      (await ended).failureReason,
      "killed by SIGKILL, as the system does when memory runs out",
    );
    equal(jobs.begun.length, 4);
    const attempts = events.flatMap((event) =>
      event.kind === "step" && event.step.attempts !== undefined ? [event.step.attempts] : [],
    );
    deepEqual(attempts, [2, 3, 4]);
  });

  it("retries it five times if they give no number", async () => {
    const policy = { ExceptionType: ["SageMaker.JOB_INTERNAL_ERROR"], IntervalSeconds: 0 };
    const { ended, jobs } = begin([script("Killed", { RetryPolicies: [policy] })], () => killed);
    equal((await ended).status, "Failed");
    equal(jobs.begun.length, 6);
  });

  it("continues if a later attempt succeeds", async () => {
    const { ended, jobs } = begin(
      [script("Killed", retrying(3)), script("Next", after("Killed"))],
      () => (jobs.begun.length < 3 ? killed : 0),
    );
    deepEqual(outcome(await ended), { Killed: "Succeeded", Next: "Succeeded" });
    deepEqual(jobs.begun, ["Killed", "Killed", "Killed", "Next"]);
  });

  it("does not retry a job that failed by itself, or for a reason that no policy names", async () => {
    const own = begin([script("Fails", retrying(3))], () => 1);
    equal((await own.ended).failureReason, "exit code 1");
    equal(own.jobs.begun.length, 1);
    const other = {
      RetryPolicies: [{ ExceptionType: ["SageMaker.CAPACITY_ERROR"], MaxAttempts: 3 }],
    };
    const unnamed = begin([script("Killed", other)], () => killed);
    equal((await unnamed.ended).status, "Failed");
    equal(unnamed.jobs.begun.length, 1);
  });

  it("reports a full disk, as the machine's fault", async () => {
    const { ended, jobs } = begin([script("Full", retrying(1))], ({ log }) => {
      writeFileSync(log, "OSError: [Errno 28] No space left on device: '/opt/ml/big'\n");
      return 1;
    });
    equal(
      (await ended).failureReason,
      "the disk is full: OSError: [Errno 28] No space left on device: '/opt/ml/big'",
    );
    equal(jobs.begun.length, 2);
  });

  it("runs selected steps on the results of others", async () => {
    const properties = { Outcome: "False" };
    const { ended, jobs } = begin(
      [
        conditionStep("Check", [1, 1], [script("Yes")], [script("No")]),
        script("Other"),
        script("After", after("No")),
      ],
      undefined,
      {
        done: new Map([
          ["Check", { name: "Check", type: "Condition", status: "Succeeded", properties }],
        ]),
        selected: new Set(["No", "Yes"]),
      },
    );
    // The branch is the one that was taken then.
    deepEqual(outcome(await ended), {
      Check: "Succeeded",
      Yes: "NotExecuted",
      No: "Succeeded",
      Other: "NotExecuted",
      After: "NotExecuted",
    });
    deepEqual(jobs.begun, ["No"]);
  });

  it("gives a job its folder, script, arguments and environment, with /opt/ml in its folder", async () => {
    const step = script("Reads");
    const args = step["Arguments"] as Readonly<Record<string, JsonObject>>;
    const seen: unknown[] = [];
    const { ended } = begin(
      [
        {
          ...step,
          Arguments: {
            ...args,
            AppSpecification: {
              ...args["AppSpecification"],
              ContainerArguments: ["--to=/opt/ml/processing/out", "/opt/mlx"],
            },
            Environment: { TO: "/opt/ml/processing/out" },
          },
        },
      ],
      ({ arguments: values, environment, program, workingDirectory: base }) => {
        const inside = (value: string): string => value.replace(base, "BASE");
        seen.push(
          values.map(inside),
          inside("script" in program ? program.script : ""),
          Object.fromEntries(
            Object.entries(environment).map(([name, value]) => [name, inside(value)]),
          ),
          readFileSync(join(base, "config", "resourceconfig.json"), "utf8"),
        );
        return 0;
      },
    );
    equal((await ended).status, "Succeeded");
    deepEqual(seen.slice(0, 3), [
      ["--to=BASE/processing/out", "/opt/mlx"],
      "BASE/processing/input/code/x.py",
      { TO: "BASE/processing/out", SAGEMAKER_BASE_DIR: "BASE" },
    ]);
    deepEqual(JSON.parse(seen[3] as string), { current_host: "algo-1", hosts: ["algo-1"] });
  });

  describe("reusing results", () => {
    const cached: JsonObject = { CacheConfig: { Enabled: true, ExpireAfter: "P30D" } };
    const writes: Work = ({ workingDirectory }) => {
      writeFileSync(join(workingDirectory, "processing", "out", "x.txt"), "x");
      return 0;
    };

    it("reuses none for a step without a CacheConfig, from an equal step or an earlier execution", async () => {
      const { work } = newPlace();
      const steps = [script("A"), script("B", after("A"))];
      for (const id of ["first", "second"]) {
        const { ended, jobs } = begin(steps, writes, undefined, { work, id });
        equal((await ended).status, "Succeeded");
        deepEqual(jobs.begun, ["A", "B"]);
      }
    });

    it("reuses those of the same step if its CacheConfig enables it, and names the execution", async () => {
      const { work } = newPlace();
      const steps = [script("A", cached), script("B", { ...cached, ...after("A") })];
      const first = begin(steps, writes, undefined, { work, id: "first" });
      await first.ended;
      // B is equal to A, but another step.
      deepEqual(first.jobs.begun, ["A", "B"]);
      const second = begin(steps, writes, undefined, { work, id: "second" });
      deepEqual(
        (await second.ended).steps.map(({ reusedFrom }) => reusedFrom),
        ["first", "first"],
      );
      deepEqual(second.jobs.begun, []);
      equal(readFileSync(join(work, "s3/team-bucket/second/A/x.txt"), "utf8"), "x");
    });

    it("keeps the execution's own when it is retried, whatever its CacheConfig", async () => {
      const place = newPlace();
      const steps = [script("A"), script("B", after("A"))];
      const fails: Work = (job) => (job.id === "B" ? 1 : writes(job));
      equal((await begin(steps, fails, undefined, place).ended).status, "Failed");
      const again = begin(steps, writes, undefined, place);
      const { status, steps: results } = await again.ended;
      deepEqual([status, again.jobs.begun], ["Succeeded", ["B"]]);
      deepEqual(
        results.map(({ detail, reusedFrom }) => [detail, reusedFrom]),
        [
          [undefined, undefined],
          [undefined, undefined],
        ],
      );
    });

    const tuningStep: JsonObject = {
      Name: "Tune",
      Type: "Tuning",
      Arguments: {
        HyperParameterTuningJobConfig: {
          Strategy: "Random",
          HyperParameterTuningJobObjective: { Type: "Minimize", MetricName: "loss" },
          ResourceLimits: { MaxNumberOfTrainingJobs: 5, MaxParallelTrainingJobs: 1 },
          ParameterRanges: {},
        },
        TrainingJobDefinition: {
          AlgorithmSpecification: {
            TrainingImage: "111122223333.dkr.ecr.us-east-1.amazonaws.com/restate-test:0",
            TrainingInputMode: "File",
            MetricDefinitions: [{ Name: "loss", Regex: "loss=(.*)" }],
          },
          StaticHyperParameters: { fixed: "1" },
          InputDataConfig: [],
          OutputDataConfig: { S3OutputPath: "s3://team-bucket/models" },
        },
      },
    };

    it("continues a tuning with its completed training jobs", async () => {
      const place = newPlace();
      const third = gate();
      const trains: Work = ({ log }) => {
        writeFileSync(log, "loss=0.5\n");
        return 0;
      };
      const first = begin(
        [tuningStep],
        (job) => {
          if (first.jobs.begun.length < 3) {
            return trains(job);
          }
          third.open();
          return new Promise<number>(() => undefined);
        },
        undefined,
        place,
      );
      await third.opened;
      first.stop();
      equal((await first.ended).status, "Stopped");
      const again = begin([tuningStep], trains, undefined, place);
      equal((await again.ended).status, "Succeeded");
      deepEqual(
        again.jobs.begun,
        [3, 4, 5].map((number) => `${place.id}-Tune-00${number}`),
      );
      const trials = again.events.flatMap((event) => (event.kind === "trial" ? [event.trial] : []));
      deepEqual(
        trials.map(({ objective, reusedFrom }) => [objective, reusedFrom]),
        Array.from({ length: 5 }, () => [0.5, undefined]),
      );
    });
  });
});
