import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import {
  CreatePipelineCommand,
  DeletePipelineCommand,
  DescribePipelineDefinitionForExecutionCommand,
  DescribePipelineExecutionCommand,
  ListPipelineExecutionsCommand,
  ListPipelineParametersForExecutionCommand,
  RetryPipelineExecutionCommand,
  StartPipelineExecutionCommand,
  StopPipelineExecutionCommand,
  UpdatePipelineExecutionCommand,
} from "@aws-sdk/client-sagemaker";

import { temporaryFolder } from "../../support/localRun";
import {
  conditionStep,
  definitionOf,
  emptyProgram,
  failStep,
  localWorld,
  sageMakerOf,
  scriptStep,
} from "../../support/localWorld";
import { Machine, RoleArn } from "./machine";

const arn = "arn:aws:sagemaker:us-east-1:111122223333";

describe("executions in this machine's API", () => {
  const machine = new Machine();

  before(() => {
    machine.world.store.write(
      "s3://team-bucket/code/count.py",
      `
import os, pathlib
count = pathlib.Path("${machine.folder}") / os.environ["COUNTER"]
number = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(number))
pathlib.Path("/opt/ml/processing/out/number.txt").write_text(str(number))
assert number >= int(os.environ["FAILS"]) + 1, f"attempt {number}"
`,
    );
    machine.world.store.write("s3://team-bucket/code/sleep.py", "import time\ntime.sleep(600)\n");
  });

  it("run in the background, with parameters, and report the result of each step", async () => {
    const PipelineName = "Checks";
    const definition = definitionOf(
      [
        conditionStep(
          "Check",
          [{ Get: "Parameters.Mode" }, "fast"],
          [conditionStep("Fast", [1, 1])],
          [
            failStep("TooSlow", {
              "Std:Join": { On: " ", Values: ["mode", { Get: "Parameters.Mode" }] },
            }),
          ],
        ),
      ],
      { Mode: "fast" },
    );
    await machine.pipeline(PipelineName, definition);
    const first = await machine.start(PipelineName);
    match(
      first,
      /^arn:aws:sagemaker:us-east-1:111122223333:pipeline\/checks\/execution\/[a-z0-9]{12}$/,
    );
    equal(await machine.ended(first), "Succeeded");
    deepEqual(await machine.statesOf(first), { Check: "Succeeded", Fast: "Succeeded" });
    const second = await machine.start(PipelineName, {
      PipelineParameters: [{ Name: "Mode", Value: "slow" }],
      PipelineExecutionDisplayName: "the-slow-one",
      PipelineExecutionDescription: "why",
    });
    equal(await machine.ended(second), "Failed");
    const described = await machine.describe(second);
    deepEqual(
      [
        described.FailureReason,
        described.PipelineExecutionDisplayName,
        described.PipelineExecutionDescription,
      ],
      ["mode slow", "the-slow-one", "why"],
    );
    equal(described.PipelineArn, `${arn}:pipeline/checks`);
    ok((described.LastModifiedTime ?? 0) >= (described.CreationTime ?? 1));
    deepEqual(
      (await machine.steps(second)).map(({ AttemptCount, FailureReason, Metadata, StepName }) => [
        StepName,
        AttemptCount,
        FailureReason,
        Metadata,
      ]),
      [
        ["Check", 1, undefined, { Condition: { Outcome: "False" } }],
        ["TooSlow", 1, "mode slow", { Fail: { ErrorMessage: "mode slow" } }],
      ],
    );
    const { PipelineParameters } = await machine.client.send(
      new ListPipelineParametersForExecutionCommand({ PipelineExecutionArn: second }),
    );
    deepEqual(PipelineParameters, [{ Name: "Mode", Value: "slow" }]);
    const { PipelineDefinition = "" } = await machine.client.send(
      new DescribePipelineDefinitionForExecutionCommand({ PipelineExecutionArn: second }),
    );
    deepEqual(JSON.parse(PipelineDefinition), JSON.parse(definition));
    const { PipelineExecutionSummaries: all = [] } = await machine.client.send(
      new ListPipelineExecutionsCommand({ PipelineName }),
    );
    deepEqual(
      all.map((one) => [
        one.PipelineExecutionArn,
        one.PipelineExecutionStatus,
        one.PipelineExecutionFailureReason,
      ]),
      [
        [second, "Failed", "mode slow"],
        [first, "Succeeded", undefined],
      ],
    );
    const { PipelineExecutionSummaries: later = [] } = await machine.client.send(
      new ListPipelineExecutionsCommand({ PipelineName, CreatedAfter: all[1]?.StartTime }),
    );
    deepEqual(
      later.map((one) => one.PipelineExecutionArn),
      [second],
    );
    await machine.client.send(
      new UpdatePipelineExecutionCommand({
        PipelineExecutionArn: first,
        PipelineExecutionDisplayName: "renamed",
      }),
    );
    equal((await machine.describe(first)).PipelineExecutionDisplayName, "renamed");
  });

  it("have reasons of the documented length", async () => {
    await machine.pipeline("Long", definitionOf([failStep("Long", "x".repeat(2000))]));
    const execution = await machine.start("Long");
    equal(await machine.ended(execution), "Failed");
    const [step] = await machine.steps(execution);
    deepEqual(
      [
        (await machine.describe(execution)).FailureReason?.length,
        step?.FailureReason?.length,
        step?.Metadata?.Fail?.ErrorMessage?.length,
      ],
      [1300, 1024, 2000],
    );
  });

  it("start once per token", async () => {
    await machine.pipeline("Token", definitionOf([conditionStep("Check", [1, 1])]));
    const ClientRequestToken = "t".repeat(32);
    const [first, same] = await Promise.all([
      machine.start("Token", { ClientRequestToken }),
      machine.start("Token", { ClientRequestToken }),
    ]);
    equal(same, first);
    equal(await machine.start("Token", { ClientRequestToken }), first);
    await machine.ended(first);
    equal(await machine.start("Token", { ClientRequestToken }), first);
  });

  it("are refused with invalid parameters before anything runs", async () => {
    await machine.pipeline(
      "Typed",
      definitionOf([conditionStep("Check", [1, { Get: "Parameters.Limit" }])], { Limit: 1 }),
    );
    for (const [PipelineParameters, message] of [
      [[{ Name: "Limit", Value: "many" }], /parameter Limit: "many" is not of type Integer/],
      [[{ Name: "Other", Value: "1" }], /parameter Other: unknown; the pipeline has Limit/],
      [
        [
          { Name: "Limit", Value: "1" },
          { Name: "Limit", Value: "2" },
        ],
        /Parameter Limit is set twice\./,
      ],
    ] as const) {
      await rejects(machine.start("Typed", { PipelineParameters: [...PipelineParameters] }), {
        name: "ValidationException",
        message,
      });
    }
    await rejects(machine.start("Nowhere"), { name: "ResourceNotFound" });
    await rejects(machine.start("Typed", { PipelineVersionId: 3 }), {
      name: "ResourceNotFound",
      message: /pipeline\/typed' has no version 3\.$/,
    });
    const { PipelineExecutionSummaries } = await machine.client.send(
      new ListPipelineExecutionsCommand({ PipelineName: "Typed" }),
    );
    deepEqual(PipelineExecutionSummaries, []);
  });

  const counting = (name: string, counter: string, fails = 0, more: object = {}) => {
    const step = scriptStep(name, "count.py", { ...more });
    return {
      ...step,
      Arguments: {
        ...(step["Arguments"] as object),
        Environment: { COUNTER: counter, FAILS: String(fails) },
      },
    };
  };

  it("are retried under the same ARN, running only what has not succeeded", async () => {
    await machine.pipeline(
      "Retried",
      definitionOf([
        counting("First", "first"),
        counting("Second", "second", 1, { DependsOn: ["First"] }),
        conditionStep("Third", [1, 1], [], [], { DependsOn: ["Second"] }),
      ]),
    );
    const execution = await machine.start("Retried");
    equal(await machine.ended(execution), "Failed");
    match((await machine.describe(execution)).FailureReason ?? "", /attempt 1/);
    deepEqual(await machine.statesOf(execution), { First: "Succeeded", Second: "Failed" });
    const [before] = await machine.steps(execution);
    const parallelism = { MaxParallelExecutionSteps: 3 };
    const retry = (token: string) =>
      machine.client.send(
        new RetryPipelineExecutionCommand({
          PipelineExecutionArn: execution,
          ClientRequestToken: token.repeat(32),
          ParallelismConfiguration: parallelism,
        }),
      );
    const [again, repeated, other] = await Promise.allSettled([retry("a"), retry("a"), retry("b")]);
    for (const one of [again, repeated]) {
      equal(one.status === "fulfilled" && one.value.PipelineExecutionArn, execution);
    }
    match(other.status === "rejected" ? String(other.reason) : "", /ConflictException.*Executing/);
    equal(await machine.ended(execution), "Succeeded");
    await retry("a");
    const { FailureReason, ParallelismConfiguration } = await machine.describe(execution);
    deepEqual([FailureReason, ParallelismConfiguration], [undefined, parallelism]);
    const [first, second, third] = await machine.steps(execution);
    deepEqual(first, before);
    deepEqual(
      [second?.StepStatus, second?.AttemptCount, second?.FailureReason],
      ["Succeeded", 2, undefined],
    );
    equal(third?.StepStatus, "Succeeded");
    equal(
      machine.world.store.read(`s3://team-bucket/${execution.slice(-12)}/First/number.txt`),
      "1",
    );
    await rejects(
      machine.client.send(new RetryPipelineExecutionCommand({ PipelineExecutionArn: execution })),
      { name: "ConflictException" },
    );
  });

  it("run selected steps on the results of a reference execution", async () => {
    await machine.pipeline(
      "Selected",
      definitionOf([
        counting("A", "a"),
        counting("B", "b", 0, { DependsOn: ["A"] }),
        counting("C", "c", 0, { DependsOn: ["B"] }),
      ]),
    );
    const reference = await machine.start("Selected");
    equal(await machine.ended(reference), "Succeeded");
    const select = (names: readonly string[], arn_?: string) =>
      machine.start("Selected", {
        SelectiveExecutionConfig: {
          SelectedSteps: names.map((StepName) => ({ StepName })),
          SourcePipelineExecutionArn: arn_,
        },
      });
    for (const [names, from, message] of [
      [
        ["B"],
        undefined,
        /^the selected steps depend on step A, which is not selected: SourcePipelineExecutionArn is needed$/,
      ],
      [["A", "C"], reference, /^step B is between selected steps, so it must be selected too$/],
      [["D"], reference, /^step D does not exist; the pipeline has A, B, C$/],
    ] as const) {
      await rejects(select(names, from), { name: "ValidationException", message });
    }
    const execution = await select(["B"], reference);
    equal(await machine.ended(execution), "Succeeded");
    const [a, b, ...others] = await machine.steps(execution);
    deepEqual(others, []);
    deepEqual(
      [a?.StepName, a?.StepStatus, a?.SelectiveExecutionResult],
      ["A", "Succeeded", { SourcePipelineExecutionArn: reference }],
    );
    deepEqual(
      [b?.StepName, b?.StepStatus, b?.SelectiveExecutionResult],
      ["B", "Succeeded", undefined],
    );
    deepEqual((await machine.describe(execution)).SelectiveExecutionConfig, {
      SelectedSteps: [{ StepName: "B" }],
      SourcePipelineExecutionArn: reference,
    });
  });

  it("are stopped, several at once, and continued by a retry", async () => {
    const sleeping = scriptStep("Sleep", "sleep.py");
    await machine.pipeline("Sleeping", definitionOf([sleeping]));
    const both = await Promise.all([machine.start("Sleeping"), machine.start("Sleeping")]);
    for (const execution of both) {
      let [step] = await machine.steps(execution);
      while (step?.Metadata === undefined) {
        await wait(20);
        [step] = await machine.steps(execution);
      }
      equal(step.StepStatus, "Executing");
      const Arn = `${arn}:processing-job/${execution.slice(-12)}-Sleep`;
      deepEqual(step.Metadata, { ProcessingJob: { Arn } });
      deepEqual((await machine.describe(execution)).PipelineExecutionStatus, "Executing");
      await rejects(machine.client.send(new DeletePipelineCommand({ PipelineName: "Sleeping" })), {
        name: "ConflictException",
      });
    }
    const ClientRequestToken = "s".repeat(32);
    const stop = async (PipelineExecutionArn: string): Promise<string | undefined> => {
      const request = { PipelineExecutionArn, ClientRequestToken };
      return (await machine.client.send(new StopPipelineExecutionCommand(request)))
        .PipelineExecutionArn;
    };
    deepEqual(await Promise.all(both.map(stop)), both);
    for (const execution of both) {
      equal(await machine.ended(execution), "Stopped");
      deepEqual(await machine.statesOf(execution), { Sleep: "Stopped" });
      await rejects(
        machine.client.send(new StopPipelineExecutionCommand({ PipelineExecutionArn: execution })),
        { name: "ConflictException" },
      );
      equal(await stop(execution), execution);
    }
    const remove = () =>
      machine.client.send(
        new DeletePipelineCommand({ PipelineName: "Sleeping", ClientRequestToken }),
      );
    const { PipelineArn } = await remove();
    equal((await remove()).PipelineArn, PipelineArn);
    await rejects(machine.client.send(new DeletePipelineCommand({ PipelineName: "Sleeping" })), {
      name: "ResourceNotFound",
    });
    await machine.pipeline("Sleeping", definitionOf([sleeping]));
    const again = await machine.start("Sleeping");
    await rejects(remove(), { name: "ConflictException" });
    await stop(again);
    equal(await machine.ended(again), "Stopped");
    await remove();
    await rejects(machine.describe(both[0]), { name: "ResourceNotFound" });
  });
});

describe("an execution whose steps have ended", () => {
  it("is stopped by a stop, and succeeds by a retry", async () => {
    let analysed = (): void => undefined;
    let interrupt: ((error: Error) => void) | undefined;
    const analyses = new Promise<void>((resolve) => (analysed = resolve));
    const world = localWorld(join(temporaryFolder(), "work"), {
      // The analysis for the report, after the steps.
      diagnose: () =>
        interrupt === undefined
          ? new Promise((_, reject) => {
              interrupt = reject;
              analysed();
            })
          : Promise.resolve(),
    });
    const client = sageMakerOf(world);
    const PipelineName = "Ended";
    const PipelineDefinition = definitionOf([conditionStep("Check", [1, 1])]);
    await client.send(new CreatePipelineCommand({ PipelineName, PipelineDefinition, RoleArn }));
    const { PipelineExecutionArn } = await client.send(
      new StartPipelineExecutionCommand({ PipelineName }),
    );
    const id = PipelineExecutionArn?.slice(-12) ?? "";
    const status = async () =>
      (await client.send(new DescribePipelineExecutionCommand({ PipelineExecutionArn })))
        .PipelineExecutionStatus;
    await analyses;
    equal(await status(), "Executing");
    await client.send(new StopPipelineExecutionCommand({ PipelineExecutionArn }));
    equal(await status(), "Stopping");
    interrupt?.(new Error("stopped"));
    await world.runs.ended(id);
    equal(await status(), "Stopped");
    await client.send(new RetryPipelineExecutionCommand({ PipelineExecutionArn }));
    await world.runs.ended(id);
    equal(await status(), "Succeeded");
  });
});

describe("an execution whose retry cannot begin", () => {
  it("has failed by the reason, and can be retried again", async () => {
    const upload = "s3://team-bucket/sources/flow";
    const world = localWorld(join(temporaryFolder(), "work"), {
      program: () => Promise.resolve({ ...emptyProgram, uploads: new Map([[upload, "{}"]]) }),
    });
    const client = sageMakerOf(world);
    const PipelineName = "Retried";
    const PipelineDefinition = definitionOf([failStep("Give", "up")]);
    await client.send(new CreatePipelineCommand({ PipelineName, PipelineDefinition, RoleArn }));
    const { PipelineExecutionArn = "" } = await client.send(
      new StartPipelineExecutionCommand({ PipelineName }),
    );
    await world.runs.ended(PipelineExecutionArn.slice(-12));
    // An upload cannot replace a folder.
    rmSync(world.store.path(upload));
    mkdirSync(world.store.path(upload));
    const retry = new RetryPipelineExecutionCommand({ PipelineExecutionArn });
    const described = new DescribePipelineExecutionCommand({ PipelineExecutionArn });
    const failed = async (): Promise<void> => {
      await rejects(client.send(retry), /a folder is in the place of a file: .*flow/);
      const { FailureReason, PipelineExecutionStatus } = await client.send(described);
      equal(PipelineExecutionStatus, "Failed");
      match(FailureReason ?? "", /a folder is in the place of a file: .*flow/);
    };
    await failed();
    await failed();
    rmdirSync(world.store.path(upload));
    await client.send(retry);
    await world.runs.ended(PipelineExecutionArn.slice(-12));
    equal((await client.send(described)).FailureReason, "up");
  });
});
