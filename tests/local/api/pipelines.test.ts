import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";

import {
  CreatePipelineCommand,
  DeletePipelineCommand,
  DescribePipelineCommand,
  ListPipelinesCommand,
  StartPipelineExecutionCommand,
  UpdatePipelineCommand,
} from "@aws-sdk/client-sagemaker";

import { temporaryFolder } from "../../support/localRun";
import { conditionStep, definitionOf, localWorld, sageMakerOf } from "../../support/localWorld";
import { RoleArn } from "./machine";

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
