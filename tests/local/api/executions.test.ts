import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import {
  CreateModelCommand,
  CreateModelPackageCommand,
  CreateModelPackageGroupCommand,
  CreatePipelineCommand,
  DeletePipelineCommand,
  DescribePipelineCommand,
  DescribePipelineDefinitionForExecutionCommand,
  DescribePipelineExecutionCommand,
  ListPipelineExecutionsCommand,
  ListPipelineExecutionStepsCommand,
  ListPipelineParametersForExecutionCommand,
  ListPipelinesCommand,
  type PipelineExecutionStep,
  RetryPipelineExecutionCommand,
  type SageMakerClient,
  StartPipelineExecutionCommand,
  type StartPipelineExecutionCommandInput,
  StopPipelineExecutionCommand,
  UpdatePipelineCommand,
  UpdatePipelineExecutionCommand,
} from "@aws-sdk/client-sagemaker";

import { create } from "tar";

import type { World } from "../../../local/api/world";
import { temporaryFolder } from "../../support/localRun";
import {
  conditionStep,
  definitionOf,
  failStep,
  localWorld,
  sageMakerOf,
  scikitLearn,
  scriptStep,
} from "../../support/localWorld";

const RoleArn = "arn:aws:iam::111122223333:role/team";
const arn = "arn:aws:sagemaker:us-east-1:111122223333";

describe("pipelines in this machine's API", () => {
  const world = localWorld(join(temporaryFolder(), "work"));
  const client = sageMakerOf(world);
  const PipelineDefinition = definitionOf([conditionStep("Check", [1, 1])]);
  const create = (PipelineName: string, more: object = {}): Promise<unknown> =>
    client.send(new CreatePipelineCommand({ PipelineName, PipelineDefinition, RoleArn, ...more }));

  it("are created, described, updated and deleted", async () => {
    const created = await client.send(
      new CreatePipelineCommand({
        PipelineName: "TeamPipeline",
        PipelineDescription: "ours",
        PipelineDefinition,
        RoleArn,
      }),
    );
    equal(created.PipelineArn, `${arn}:pipeline/teampipeline`);
    const described = await client.send(
      new DescribePipelineCommand({ PipelineName: created.PipelineArn }),
    );
    deepEqual(
      [described.PipelineName, described.PipelineDescription, described.PipelineStatus],
      ["TeamPipeline", "ours", "Active"],
    );
    equal(described.PipelineDefinition, PipelineDefinition);
    ok(described.CreationTime instanceof Date && Date.now() - +described.CreationTime < 60_000);
    const other = definitionOf([conditionStep("Other", [1, 2])]);
    await client.send(
      new UpdatePipelineCommand({ PipelineName: "TeamPipeline", PipelineDefinition: other }),
    );
    const changed = await client.send(
      new DescribePipelineCommand({ PipelineName: "TeamPipeline" }),
    );
    deepEqual([changed.PipelineDefinition, changed.PipelineDescription], [other, "ours"]);
    await client.send(new DeletePipelineCommand({ PipelineName: "TeamPipeline" }));
    await rejects(client.send(new DescribePipelineCommand({ PipelineName: "TeamPipeline" })), {
      name: "ResourceNotFound",
      message: `Pipeline '${arn}:pipeline/teampipeline' does not exist.`,
    });
  });

  it("are created once per token, and once per name", async () => {
    const ClientRequestToken = "a".repeat(32);
    deepEqual(
      await create("Once", { ClientRequestToken })
        .then(() => create("Once", { ClientRequestToken }))
        .then((answer) => (answer as { PipelineArn: string }).PipelineArn),
      `${arn}:pipeline/once`,
    );
    await rejects(create("Once"), {
      name: "ValidationException",
      message:
        "Pipeline names must be unique within an AWS account and region. Pipeline with name (Once) already exists.",
    });
  });

  it("are listed in pages, sorted, and by prefix", async () => {
    for (const name of ["list-b", "list-a", "list-c"]) {
      await create(name);
    }
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const page: {
        NextToken?: string | undefined;
        PipelineSummaries?: { PipelineName?: string | undefined }[] | undefined;
      } = await client.send(
        new ListPipelinesCommand({
          PipelineNamePrefix: "list",
          SortBy: "Name",
          SortOrder: "Ascending",
          MaxResults: 2,
          NextToken,
        }),
      );
      names.push(
        ...(page.PipelineSummaries ?? []).map(({ PipelineName = "" }) => PipelineName),
        "|",
      );
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    deepEqual(names, ["list-a", "list-b", "|", "list-c", "|"]);
    await rejects(client.send(new ListPipelinesCommand({ NextToken: "bogus" })), {
      name: "ValidationException",
    });
  });

  it("are refused with all problems at once, in the service's words", async () => {
    await rejects(create("-", { RoleArn: "role", PipelineDefinition: "" }), {
      name: "ValidationException",
      message:
        /^4 validation errors detected: Value '-' at 'pipelineName' failed to satisfy constraint: Member must satisfy regular expression pattern: .*; Value '' at 'pipelineDefinition' failed to satisfy constraint: Member must have length greater than or equal to 1; Value 'role' at 'roleArn'/,
    });
    await rejects(create("broken", { PipelineDefinition: "{" }), {
      name: "ValidationException",
      message: /^Unable to parse pipeline definition: /,
    });
    await rejects(
      create("circle", {
        PipelineDefinition: definitionOf([conditionStep("A", [1, { Get: "Steps.A.Outcome" }])]),
      }),
      {
        message: /^Invalid pipeline definition: steps depend on each other in a circle: A -> A$/,
      },
    );
    await rejects(client.send(new UpdatePipelineCommand({ PipelineName: "none" })), {
      name: "ResourceNotFound",
    });
  });

  it("are refused by name if they do not exist", async () => {
    const { CreateAppCommand } = await import("@aws-sdk/client-sagemaker");
    await rejects(
      client.send(new CreateAppCommand({ DomainId: "d", AppName: "a", AppType: "JupyterServer" })),
      {
        name: "UnknownOperationException",
        message: "The operation CreateApp is not available on this machine.",
      },
    );
  });
});

describe("executions in this machine's API", () => {
  const folder = temporaryFolder();
  let world: World;
  let client: SageMakerClient;

  before(() => {
    world = localWorld(join(folder, "work"));
    client = sageMakerOf(world);
    world.store.write(
      "s3://team-bucket/code/count.py",
      `
import os, pathlib
count = pathlib.Path("${folder}") / os.environ["COUNTER"]
number = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(number))
pathlib.Path("/opt/ml/processing/out/number.txt").write_text(str(number))
assert number >= int(os.environ["FAILS"]) + 1, f"attempt {number}"
`,
    );
    world.store.write("s3://team-bucket/code/sleep.py", "import time\ntime.sleep(600)\n");
  });

  after(() => world.close());

  async function pipeline(name: string, definition: string): Promise<void> {
    await client.send(
      new CreatePipelineCommand({ PipelineName: name, PipelineDefinition: definition, RoleArn }),
    );
  }

  async function start(
    PipelineName: string,
    more: Partial<StartPipelineExecutionCommandInput> = {},
  ): Promise<string> {
    const { PipelineExecutionArn = "" } = await client.send(
      new StartPipelineExecutionCommand({ PipelineName, ...more }),
    );
    return PipelineExecutionArn;
  }

  const describe_ = (PipelineExecutionArn: string) =>
    client.send(new DescribePipelineExecutionCommand({ PipelineExecutionArn }));

  async function ended(execution: string): Promise<string> {
    for (;;) {
      const { PipelineExecutionStatus: status = "" } = await describe_(execution);
      if (status !== "Executing" && status !== "Stopping") {
        return status;
      }
      await wait(20);
    }
  }

  async function steps(PipelineExecutionArn: string): Promise<readonly PipelineExecutionStep[]> {
    const { PipelineExecutionSteps: found = [] } = await client.send(
      new ListPipelineExecutionStepsCommand({ PipelineExecutionArn, SortOrder: "Ascending" }),
    );
    return found;
  }

  const statesOf = async (execution: string): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries(
      (await steps(execution)).map(({ StepName = "", StepStatus = "" }) => [StepName, StepStatus]),
    );

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
    await pipeline(PipelineName, definition);
    const first = await start(PipelineName);
    match(
      first,
      /^arn:aws:sagemaker:us-east-1:111122223333:pipeline\/checks\/execution\/[a-z0-9]{12}$/,
    );
    equal(await ended(first), "Succeeded");
    deepEqual(await statesOf(first), { Check: "Succeeded", Fast: "Succeeded" });
    const second = await start(PipelineName, {
      PipelineParameters: [{ Name: "Mode", Value: "slow" }],
      PipelineExecutionDisplayName: "the-slow-one",
      PipelineExecutionDescription: "why",
    });
    equal(await ended(second), "Failed");
    const described = await describe_(second);
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
      (await steps(second)).map(({ AttemptCount, FailureReason, Metadata, StepName }) => [
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
    const { PipelineParameters } = await client.send(
      new ListPipelineParametersForExecutionCommand({ PipelineExecutionArn: second }),
    );
    deepEqual(PipelineParameters, [{ Name: "Mode", Value: "slow" }]);
    const { PipelineDefinition = "" } = await client.send(
      new DescribePipelineDefinitionForExecutionCommand({ PipelineExecutionArn: second }),
    );
    deepEqual(JSON.parse(PipelineDefinition), JSON.parse(definition));
    const { PipelineExecutionSummaries: all = [] } = await client.send(
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
    const { PipelineExecutionSummaries: later = [] } = await client.send(
      new ListPipelineExecutionsCommand({ PipelineName, CreatedAfter: all[1]?.StartTime }),
    );
    deepEqual(
      later.map((one) => one.PipelineExecutionArn),
      [second],
    );
    await client.send(
      new UpdatePipelineExecutionCommand({
        PipelineExecutionArn: first,
        PipelineExecutionDisplayName: "renamed",
      }),
    );
    equal((await describe_(first)).PipelineExecutionDisplayName, "renamed");
  });

  it("have reasons of the documented length", async () => {
    await pipeline("Long", definitionOf([failStep("Long", "x".repeat(2000))]));
    const execution = await start("Long");
    equal(await ended(execution), "Failed");
    const [step] = await steps(execution);
    deepEqual(
      [
        (await describe_(execution)).FailureReason?.length,
        step?.FailureReason?.length,
        step?.Metadata?.Fail?.ErrorMessage?.length,
      ],
      [1300, 1024, 2000],
    );
  });

  it("start once per token", async () => {
    await pipeline("Token", definitionOf([conditionStep("Check", [1, 1])]));
    const ClientRequestToken = "t".repeat(32);
    const [first, same] = await Promise.all([
      start("Token", { ClientRequestToken }),
      start("Token", { ClientRequestToken }),
    ]);
    equal(same, first);
    equal(await start("Token", { ClientRequestToken }), first);
    await ended(first);
    equal(await start("Token", { ClientRequestToken }), first);
  });

  it("are refused with invalid parameters before anything runs", async () => {
    await pipeline(
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
      await rejects(start("Typed", { PipelineParameters: [...PipelineParameters] }), {
        name: "ValidationException",
        message,
      });
    }
    await rejects(start("Nowhere"), { name: "ResourceNotFound" });
    await rejects(start("Typed", { PipelineVersionId: 3 }), {
      name: "ResourceNotFound",
      message: /pipeline\/typed' has no version 3\.$/,
    });
    const { PipelineExecutionSummaries } = await client.send(
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
    await pipeline(
      "Retried",
      definitionOf([
        counting("First", "first"),
        counting("Second", "second", 1, { DependsOn: ["First"] }),
        conditionStep("Third", [1, 1], [], [], { DependsOn: ["Second"] }),
      ]),
    );
    const execution = await start("Retried");
    equal(await ended(execution), "Failed");
    match((await describe_(execution)).FailureReason ?? "", /attempt 1/);
    deepEqual(await statesOf(execution), { First: "Succeeded", Second: "Failed" });
    const [before] = await steps(execution);
    const parallelism = { MaxParallelExecutionSteps: 3 };
    const retry = (token: string) =>
      client.send(
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
    equal(await ended(execution), "Succeeded");
    await retry("a");
    const { FailureReason, ParallelismConfiguration } = await describe_(execution);
    deepEqual([FailureReason, ParallelismConfiguration], [undefined, parallelism]);
    const [first, second, third] = await steps(execution);
    deepEqual(first, before);
    deepEqual(
      [second?.StepStatus, second?.AttemptCount, second?.FailureReason],
      ["Succeeded", 2, undefined],
    );
    equal(third?.StepStatus, "Succeeded");
    equal(world.store.read(`s3://team-bucket/${execution.slice(-12)}/First/number.txt`), "1");
    await rejects(
      client.send(new RetryPipelineExecutionCommand({ PipelineExecutionArn: execution })),
      { name: "ConflictException" },
    );
  });

  it("retry a transform's invocations, and limit their time, by its ModelClientConfig", async () => {
    const code = join(folder, "serve");
    mkdirSync(code);
    writeFileSync(
      join(code, "serve.py"),
      `
import os, pathlib, time
invocations = pathlib.Path(os.environ["INVOCATIONS"])
model_fn = lambda folder: None
def predict_fn(rows, model):
    with invocations.open("a") as file:
        file.write("x")
    time.sleep(float(os.environ["SECONDS"]))
    assert len(invocations.read_text()) > int(os.environ["FAILS"]), "busy"
    return [7] * len(rows)
`,
    );
    await world.store.put("s3://team-bucket/code/serve.tar.gz", (path) =>
      create({ file: path, gzip: true, cwd: code }, ["serve.py"]),
    );
    world.store.write("s3://team-bucket/rows/rows.csv", "1,2\n3,4\n");
    for (const [name, fails, seconds, config, status, reason] of [
      ["default", 3, 0, undefined, "Succeeded", /^$/],
      [
        "slow",
        0,
        2,
        { InvocationsMaxRetries: 0, InvocationsTimeoutInSeconds: 1 },
        "Failed",
        /^the model did not respond: Your invocation timed out/,
      ],
    ] as const) {
      const invocations = join(folder, `invocations-${name}`);
      const Arguments = {
        ExecutionRoleArn: RoleArn,
        PrimaryContainer: {
          Image: scikitLearn,
          Environment: {
            SAGEMAKER_PROGRAM: "serve.py",
            SAGEMAKER_SUBMIT_DIRECTORY: "s3://team-bucket/code/serve.tar.gz",
            INVOCATIONS: invocations,
            FAILS: `${fails}`,
            SECONDS: `${seconds}`,
          },
        },
      };
      const model = { Name: "Create", Type: "Model", Arguments };
      // A transform also takes a model that exists.
      const exists = name === "default";
      if (exists) {
        await client.send(new CreateModelCommand({ ModelName: "Existing", ...Arguments }));
      }
      const source = { S3DataType: "S3Prefix", S3Uri: "s3://team-bucket/rows/" };
      const transform = {
        Name: "Predict",
        Type: "Transform",
        Arguments: {
          ModelName: exists ? "existing" : { Get: "Steps.Create.ModelName" },
          ...(config && { ModelClientConfig: config }),
          TransformInput: { DataSource: { S3DataSource: source }, ContentType: "text/csv" },
          TransformOutput: { S3OutputPath: "s3://team-bucket/predicted", Accept: "text/csv" },
          TransformResources: { InstanceType: "ml.m5.large", InstanceCount: 1 },
        },
      };
      await pipeline(name, definitionOf(exists ? [transform] : [model, transform]));
      const execution = await start(name);
      equal(await ended(execution), status);
      match((await describe_(execution)).FailureReason ?? "", reason);
      equal(readFileSync(invocations, "utf8").length, (config?.InvocationsMaxRetries ?? 3) + 1);
    }
    match(world.store.read("s3://team-bucket/predicted/rows.csv.out"), /^7\n7\n$/);
  });

  it("fail in a transform of a model that does not exist, or that would be served otherwise", async () => {
    world.store.write("s3://team-bucket/rows/rows.csv", "1,2\n");
    const xgboost = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1";
    const { ModelPackageArn = "" } = await client
      .send(new CreateModelPackageGroupCommand({ ModelPackageGroupName: "transformed" }))
      .then(() =>
        client.send(new CreateModelPackageCommand({ ModelPackageGroupName: "transformed" })),
      );
    for (const [name, container] of [
      ["packaged", { ModelPackageName: ModelPackageArn }],
      ["stale", { Image: xgboost, ModelDataUrl: "s3://team-bucket/none.tar.gz" }],
      ["foreign", { Image: "1.dkr.ecr.us-east-1.amazonaws.com/theirs:1" }],
    ] as const) {
      await client.send(
        new CreateModelCommand({
          ModelName: name,
          ExecutionRoleArn: RoleArn,
          PrimaryContainer: container,
        }),
      );
    }
    for (const [name, reason] of [
      ["none", "there is no model none"],
      ["packaged", "ModelPackageName of model packaged is not supported in transforms here"],
      ["stale", "model stale has no artifact at s3://team-bucket/none.tar.gz"],
      [
        "foreign",
        "the image 1.dkr.ecr.us-east-1.amazonaws.com/theirs:1 cannot serve here; use --image to run it",
      ],
    ] as const) {
      const source = { S3DataType: "S3Prefix", S3Uri: "s3://team-bucket/rows/" };
      await pipeline(
        `of-${name}`,
        definitionOf([
          {
            Name: "Predict",
            Type: "Transform",
            Arguments: {
              ModelName: name,
              TransformInput: { DataSource: { S3DataSource: source } },
              TransformOutput: { S3OutputPath: "s3://team-bucket/none" },
              TransformResources: { InstanceType: "ml.m5.large", InstanceCount: 1 },
            },
          },
        ]),
      );
      const execution = await start(`of-${name}`);
      equal(await ended(execution), "Failed");
      equal((await describe_(execution)).FailureReason, reason);
    }
    deepEqual(world.store.objectsAt("s3://team-bucket/none"), []);
  });

  it("run selected steps on the results of a reference execution", async () => {
    await pipeline(
      "Selected",
      definitionOf([
        counting("A", "a"),
        counting("B", "b", 0, { DependsOn: ["A"] }),
        counting("C", "c", 0, { DependsOn: ["B"] }),
      ]),
    );
    const reference = await start("Selected");
    equal(await ended(reference), "Succeeded");
    const select = (names: readonly string[], arn_?: string) =>
      start("Selected", {
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
    equal(await ended(execution), "Succeeded");
    const [a, b, ...others] = await steps(execution);
    deepEqual(others, []);
    deepEqual(
      [a?.StepName, a?.StepStatus, a?.SelectiveExecutionResult],
      ["A", "Succeeded", { SourcePipelineExecutionArn: reference }],
    );
    deepEqual(
      [b?.StepName, b?.StepStatus, b?.SelectiveExecutionResult],
      ["B", "Succeeded", undefined],
    );
    deepEqual((await describe_(execution)).SelectiveExecutionConfig, {
      SelectedSteps: [{ StepName: "B" }],
      SourcePipelineExecutionArn: reference,
    });
  });

  it("are stopped, several at once, and continued by a retry", async () => {
    const sleeping = scriptStep("Sleep", "sleep.py");
    await pipeline("Sleeping", definitionOf([sleeping]));
    const both = await Promise.all([start("Sleeping"), start("Sleeping")]);
    for (const execution of both) {
      let [step] = await steps(execution);
      while (step?.Metadata === undefined) {
        await wait(20);
        [step] = await steps(execution);
      }
      equal(step.StepStatus, "Executing");
      const Arn = `${arn}:processing-job/${execution.slice(-12)}-Sleep`;
      deepEqual(step.Metadata, { ProcessingJob: { Arn } });
      deepEqual((await describe_(execution)).PipelineExecutionStatus, "Executing");
      await rejects(client.send(new DeletePipelineCommand({ PipelineName: "Sleeping" })), {
        name: "ConflictException",
      });
    }
    const ClientRequestToken = "s".repeat(32);
    const stop = async (PipelineExecutionArn: string): Promise<string | undefined> => {
      const request = { PipelineExecutionArn, ClientRequestToken };
      return (await client.send(new StopPipelineExecutionCommand(request))).PipelineExecutionArn;
    };
    deepEqual(await Promise.all(both.map(stop)), both);
    for (const execution of both) {
      equal(await ended(execution), "Stopped");
      deepEqual(await statesOf(execution), { Sleep: "Stopped" });
      await rejects(
        client.send(new StopPipelineExecutionCommand({ PipelineExecutionArn: execution })),
        { name: "ConflictException" },
      );
      equal(await stop(execution), execution);
    }
    const remove = () =>
      client.send(new DeletePipelineCommand({ PipelineName: "Sleeping", ClientRequestToken }));
    const { PipelineArn } = await remove();
    equal((await remove()).PipelineArn, PipelineArn);
    await rejects(client.send(new DeletePipelineCommand({ PipelineName: "Sleeping" })), {
      name: "ResourceNotFound",
    });
    await pipeline("Sleeping", definitionOf([sleeping]));
    const again = await start("Sleeping");
    await rejects(remove(), { name: "ConflictException" });
    await stop(again);
    equal(await ended(again), "Stopped");
    await remove();
    await rejects(describe_(both[0]), { name: "ResourceNotFound" });
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

describe("a pipeline whose execution begins", () => {
  it("cannot be deleted", async () => {
    const folder = join(temporaryFolder(), "work");
    const { program } = localWorld(folder).options;
    let begin = (): void => undefined;
    let proceed = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const proceeds = new Promise<void>((resolve) => (proceed = resolve));
    const world = localWorld(folder, {
      program: async () => {
        begin();
        await proceeds;
        return program();
      },
    });
    const client = sageMakerOf(world);
    const PipelineName = "Begins";
    const PipelineDefinition = definitionOf([conditionStep("Check", [1, 1])]);
    await client.send(new CreatePipelineCommand({ PipelineName, PipelineDefinition, RoleArn }));
    const started = client.send(new StartPipelineExecutionCommand({ PipelineName }));
    await begun;
    const remove = () => client.send(new DeletePipelineCommand({ PipelineName }));
    await rejects(remove(), { name: "ConflictException" });
    proceed();
    await world.runs.ended((await started).PipelineExecutionArn?.slice(-12) ?? "");
    await remove();
  });
});
