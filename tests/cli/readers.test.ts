import { deepEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import {
  CreateModelPackageCommand,
  CreateModelPackageGroupCommand,
  CreatePipelineCommand,
  DeleteModelPackageCommand,
  ListModelPackagesCommand,
  StartPipelineExecutionCommand,
} from "@aws-sdk/client-sagemaker";

import { findExecution, hasEnded, latestExecutions } from "../../sageMaker/executions";
import { findVersion } from "../../sageMaker/models";
import { cloudWatchLogs, JobLog } from "../../sageMaker/logs";
import { definitionOf as definitionIn, stepsOf } from "../../sageMaker/steps";
import { worldOf } from "../../cli/world";
import { temporaryFolder } from "../support/localRun";
import { conditionStep, definitionOf, localWorld, scriptStep } from "../support/localWorld";

describe("the commands' readers of AWS", () => {
  const machine = localWorld(join(temporaryFolder(), "work"));
  const world = worldOf(machine);
  const { client } = world;

  after(() => world.close());

  it("read this machine with the same calls: executions, steps and logs", async () => {
    machine.store.write("s3://team-bucket/code/say.py", 'print("hello")\nprint("again")\n');
    await client.send(
      new CreatePipelineCommand({
        PipelineName: "Team",
        PipelineDefinition: definitionOf([
          scriptStep("Say", "say.py"),
          conditionStep("Check", [1, 2], [], [], { DependsOn: ["Say"] }),
          conditionStep("Other", [1, 1]),
        ]),
        RoleArn: "arn:aws:iam::111122223333:role/team",
      }),
    );
    const { PipelineExecutionArn: arn = "" } = await client.send(
      new StartPipelineExecutionCommand({ PipelineName: "Team" }),
    );
    while (!hasEnded(await findExecution(world, arn))) {
      await wait(20);
    }
    deepEqual(
      (await latestExecutions(client, await world.pipelines(), 5)).map(
        (one) => one.PipelineExecutionArn,
      ),
      [arn],
    );
    const steps = await stepsOf(client, arn, await definitionIn(client, arn));
    const said = steps.find(({ name }) => name === "Say");
    deepEqual(
      new Map(steps.map(({ detail, name, status, type }) => [name, [type, status, detail]])),
      new Map([
        ["Say", ["Processing", "Succeeded", undefined]],
        ["Other", ["Condition", "Succeeded", "true"]],
        ["Check", ["Condition", "Succeeded", "false"]],
      ]),
    );
    const lines: string[] = [];
    const job = { kind: "processing", name: said?.job?.name ?? "" } as const;
    for await (const line of new JobLog(cloudWatchLogs(world.config), job).read()) {
      lines.push(line);
    }
    deepEqual(lines, ["hello", "again"]);
  });

  it("list the existing executions if one does not exist", async () => {
    await rejects(findExecution(world, "none"), {
      message: /^the work folder \S+ has no execution none; it has \w{12}$/,
    });
    const [latest] = await latestExecutions(client, await world.pipelines(), 1);
    const id = (latest?.PipelineExecutionArn ?? "").split("/").at(-1) ?? "";
    await rejects(findExecution(world, `${id.slice(0, -1)}!`), {
      message: `${world.place} has no execution ${id.slice(0, -1)}!; did you mean ${id}?`,
    });
  });

  it("list the existing versions as ranges by group if one does not exist", async () => {
    const expect = (groups: string[], message: string): Promise<void> =>
      rejects(findVersion(client, groups, "40"), { message });
    await expect([], "there is no version 40; no model is registered");
    for (const [group, versions] of [
      ["one", 1],
      ["many", 13],
    ] as const) {
      await client.send(new CreateModelPackageGroupCommand({ ModelPackageGroupName: group }));
      for (let version = 0; version < versions; version++) {
        await client.send(new CreateModelPackageCommand({ ModelPackageGroupName: group }));
      }
    }
    await expect(["one"], "one has no version 40; it has version 1");
    await expect(["many"], "many has no version 40; it has versions 1 to 13");
    for (const { ModelPackageArn: arn, ModelPackageVersion: version = 0 } of (
      await client.send(
        new ListModelPackagesCommand({ ModelPackageGroupName: "many", MaxResults: 20 }),
      )
    ).ModelPackageSummaryList ?? []) {
      if (version % 2 === 0 && version < 12) {
        await client.send(new DeleteModelPackageCommand({ ModelPackageName: arn }));
      }
    }
    await expect(
      ["one", "many"],
      "there is no version 40; one has version 1, many has versions ..., 3, 5, 7, 9, 11 to 13",
    );
  });
});
