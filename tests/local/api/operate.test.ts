import { deepEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { CreatePipelineCommand, StartPipelineExecutionCommand } from "@aws-sdk/client-sagemaker";

import { describeExecution, hasEnded, latestExecutions } from "../../../operate/executions";
import { logsOf, runtimeOf, sageMakerOf } from "../../../operate/clients";
import { JobLog } from "../../../operate/logs";
import { definitionOf as definitionIn, stepsOf } from "../../../operate/steps";
import { temporaryFolder } from "../../support/localRun";
import { conditionStep, definitionOf, localWorld, scriptStep } from "../../support/localWorld";

describe("what reads AWS for the commands", () => {
  const world = localWorld(join(temporaryFolder(), "work"));
  const pipeline = {
    pipelineName: "Team",
    pipelineArn: "arn:aws:sagemaker:us-east-1:111122223333:pipeline/team",
    region: world.region,
  };

  after(() => world.close());

  it("reads this machine by the same calls: executions, steps and logs", async () => {
    const client = sageMakerOf(world);
    world.store.write("s3://team-bucket/code/say.py", 'print("hello")\nprint("again")\n');
    await client.send(
      new CreatePipelineCommand({
        PipelineName: pipeline.pipelineName,
        PipelineDefinition: definitionOf([
          scriptStep("Say", "say.py"),
          conditionStep("Check", [1, 2], [], [], { DependsOn: ["Say"] }),
          conditionStep("Other", [1, 1]),
        ]),
        RoleArn: "arn:aws:iam::111122223333:role/team",
      }),
    );
    const { PipelineExecutionArn: arn = "" } = await client.send(
      new StartPipelineExecutionCommand({ PipelineName: pipeline.pipelineName }),
    );
    while (!hasEnded(await describeExecution(client, pipeline, arn))) {
      await wait(20);
    }
    deepEqual(
      (await latestExecutions(client, pipeline, 5)).map((one) => one.PipelineExecutionArn),
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
    for await (const line of new JobLog(logsOf(world), job).read()) {
      lines.push(line);
    }
    deepEqual(lines, ["hello", "again"]);
  });

  it("is told of what fails as of AWS", async () => {
    await rejects(
      describeExecution(sageMakerOf(world), pipeline, `${pipeline.pipelineArn}/execution/none`),
      { message: /^the pipeline Team has no execution none; the latest are \w{12}$/ },
    );
    const { InvokeEndpointCommand } = await import("@aws-sdk/client-sagemaker-runtime");
    const invocation = new InvokeEndpointCommand({ EndpointName: "none", Body: "1" });
    await rejects(runtimeOf(world).send(invocation), {
      name: "UserError",
      message: "InvokeEndpoint: Endpoint none of account 111122223333 not found",
    });
  });
});
