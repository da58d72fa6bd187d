import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { join } from "node:path";

import { CreatePipelineCommand, StartPipelineExecutionCommand } from "@aws-sdk/client-sagemaker";

import { findExecution, hasEnded } from "../../sageMaker/executions";
import { selectiveConfig, type SelectionOptions, selectSteps } from "../../cli/selectedSteps";
import { worldOf } from "../../cli/world";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { temporaryFolder } from "../support/localRun";
import { conditionStep, definitionOf, failStep, localWorld } from "../support/localWorld";

/** First, then Left and Right, then Last, which waits for both; Never fails, in a branch of Last. */
const text = definitionOf([
  conditionStep("First", [1, 1]),
  conditionStep("Left", [1, 1], [], [], { DependsOn: ["First"] }),
  conditionStep("Right", [1, 1], [], [], { DependsOn: ["First"] }),
  conditionStep("Last", [1, 1], [failStep("Fails", "on purpose")], [], {
    DependsOn: ["Left", "Right"],
  }),
]);
const definition = JSON.parse(text) as PipelineDefinition;
const options = (more: Partial<SelectionOptions>): SelectionOptions => ({ only: [], ...more });

describe("the selected steps", () => {
  const steps = (more: Partial<SelectionOptions>): readonly string[] | undefined =>
    selectSteps(definition, options(more))?.steps;

  it("are all steps if none is named", () => {
    equal(selectSteps(definition, options({})), undefined);
  });

  it("are the named ones, those after one, or those before one, in the definition's order", () => {
    deepEqual(steps({ only: ["Right", "First"] }), ["First", "Right"]);
    deepEqual(steps({ from: "Left" }), ["Left", "Last", "Fails"]);
    deepEqual(steps({ until: "Left" }), ["First", "Left"]);
    deepEqual(steps({ from: "First", until: "Last" }), ["First", "Left", "Right", "Last"]);
    deepEqual(steps({ only: ["Right"], from: "Last" }), ["Right", "Last", "Fails"]);
  });

  it("only need an earlier execution if one depends on a step that is not selected", () => {
    deepEqual(selectSteps(definition, options({ until: "Left" }))?.needed, []);
    deepEqual(selectSteps(definition, options({ only: ["Left"] }))?.needed, ["First"]);
    deepEqual(selectSteps(definition, options({ from: "Last" }))?.needed, [
      "First",
      "Left",
      "Right",
    ]);
  });

  it("are refused if one does not exist, or none is left", () => {
    throws(() => steps({ only: ["Lst"] }), {
      message: "--only: there is no step Lst; did you mean Last?",
    });
    throws(() => steps({ until: "Elsewhere" }), {
      message: "--until: there is no step Elsewhere; the steps are First, Left, Right, Last, Fails",
    });
    throws(() => steps({ from: "Left", until: "Right" }), {
      message: "step Right does not depend on step Left, so there is no step to run",
    });
    throws(() => steps({ source: "abc" }), {
      message: "--source needs --only, --from or --until",
    });
  });
});

describe("the execution whose results a selection reuses", () => {
  const machine = localWorld(join(temporaryFolder(), "work"));
  const world = worldOf(machine);
  const { client } = world;

  before(async () => {
    await client.send(
      new CreatePipelineCommand({
        PipelineName: "Team",
        PipelineDefinition: text,
        RoleArn: "arn:aws:iam::111122223333:role/team",
      }),
    );
  });
  after(() => world.close());

  it("must exist", async () => {
    await rejects(selectiveConfig(world, definition, options({ only: ["Left"] })), {
      message: /has no execution in which First succeeded, so there are no results to use$/,
    });
    deepEqual(await selectiveConfig(world, definition, options({ only: ["First"] })), {
      SelectedSteps: [{ StepName: "First" }],
    });
  });

  it("is the latest that has ended, or the given one", async () => {
    const start = async (): Promise<string> => {
      const { PipelineExecutionArn: arn = "" } = await client.send(
        new StartPipelineExecutionCommand({ PipelineName: "Team" }),
      );
      await machine.runs.ended(arn.slice(arn.lastIndexOf("/") + 1));
      return arn;
    };
    const [first, second] = [await start(), await start()];
    const only = ["Left"];
    const source = async (more: Partial<SelectionOptions>): Promise<string | undefined> =>
      (await selectiveConfig(world, definition, options({ only, ...more })))
        ?.SourcePipelineExecutionArn;
    equal(await source({}), second);
    equal(await source({ source: first.slice(first.lastIndexOf("/") + 1) }), first);
    const selected = await selectiveConfig(world, definition, options({ only }));
    const { PipelineExecutionArn: arn } = await client.send(
      new StartPipelineExecutionCommand({
        PipelineName: "Team",
        SelectiveExecutionConfig: selected,
      }),
    );
    await machine.runs.ended((arn ?? "").split("/").at(-1) ?? "");
    const { status } = await findExecution(world, arn);
    deepEqual([hasEnded({ status }), status], [true, "Succeeded"]);
    // That one has not run Right.
    const last = options({ only: ["Last", "Fails"] });
    const config = await selectiveConfig(world, definition, last);
    equal(config?.SourcePipelineExecutionArn, second);
  });
});
