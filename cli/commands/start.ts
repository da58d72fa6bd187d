import { StartPipelineExecutionCommand } from "@aws-sdk/client-sagemaker";
import { Command } from "commander";
import { randomUUID } from "node:crypto";

import { ensurePipeline } from "../../local/api/pipelines";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { UserError } from "../../errors/userError";
import { parameterValues } from "../../terminal/parameters";
import { printLoggingHint } from "../loggingHint";
import {
  type JsonOption,
  paceOf,
  type PaceOption,
  withAuthorization,
  withJson,
  withMachine,
  withPace,
  withParameters,
  withWorld,
} from "../options";
import { parseDefinition } from "../../sageMaker/parseDefinition";
import { executionId } from "../../sageMaker/executions";
import type { Pipeline } from "../../sageMaker/inventory";
import { selectiveConfig, type SelectionOptions, withSelection } from "../selectedSteps";
import { startParameters, type WarmStartOption } from "../warmStart";
import { watch } from "../watch";
import type { World } from "../../sageMaker/world";
import { stackProgram } from "../stackProgram";
import { note, print, type Terminal } from "../terminal";
import {
  inWorld,
  type MachineOptions,
  openMachine,
  refuseMachineOptions,
  type WorldOptions,
} from "../world";

export type StartOptions = WorldOptions &
  MachineOptions &
  JsonOption &
  PaceOption &
  SelectionOptions &
  WarmStartOption & {
    readonly wait?: boolean;
  };

/** The given parameters for StartPipelineExecution, in the order of the definition. */
function givenParameters(
  definition: PipelineDefinition,
  given: ReadonlyMap<string, string>,
): { readonly Name: string; readonly Value: string }[] {
  const values = parameterValues(definition, given);
  return [...values].flatMap(([name, value]) => {
    // Numbers are written in the service's form: 1e1, which JavaScript accepts, becomes 10.
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return given.has(name) ? [{ Name: name, Value: text }] : [];
  });
}

/**
 * Starts a pipeline, and watches it if asked to.
 *
 * @returns the exit code
 * @throws UserError if a parameter is unknown or its value is not allowed; nothing is started then
 */
async function startIn(
  world: World,
  pipeline: Pipeline,
  definition: PipelineDefinition,
  options: StartOptions,
  terminal: Terminal,
): Promise<number> {
  const { client } = world;
  const given = await startParameters(world, definition, options);
  const parameters = givenParameters(definition, given);
  const { PipelineExecutionArn: arn = "" } = await client.send(
    new StartPipelineExecutionCommand({
      PipelineName: pipeline.pipelineName,
      PipelineParameters: parameters,
      SelectiveExecutionConfig: await selectiveConfig(world, definition, options),
      // If the SDK retries the call, the service must not start a second execution.
      ClientRequestToken: randomUUID(),
    }),
  );
  const id = executionId(arn);
  const json = options.json === true;
  // An execution in this process would end with it.
  const wait = options.wait === true || world.machine !== undefined;
  if (!json) {
    print(terminal, arn);
  } else if (!wait) {
    print(terminal, JSON.stringify({ execution: id, arn }));
  }
  if (!wait) {
    return 0;
  }
  const started = { arn, id, pipelineName: pipeline.pipelineName };
  const pace = paceOf(options, world.machine !== undefined);
  const typed = { options, isProgram: true };
  const code = await watch(world, started, { json, pace, typed }, terminal);
  printLoggingHint(world, definition, id, terminal);
  return code;
}

/** Starts the stack's pipeline on this machine, in this process. */
async function startHere(options: StartOptions, terminal: Terminal): Promise<number> {
  const program = await stackProgram(options);
  const say = (line: string): void => {
    note(terminal, line);
  };
  const world = openMachine(options, { program, say });
  try {
    const { definition } = program;
    ensurePipeline(world.machine, program);
    const pipeline = (await world.pipelines()).find(
      ({ pipelineName }) => pipelineName === program.pipelineName,
    );
    if (pipeline === undefined) {
      throw new Error(`the pipeline ${program.pipelineName} was not created`);
    }
    return await startIn(world, pipeline, definition, options, terminal);
  } finally {
    await world.close();
  }
}

/** Starts the pipeline of the world that the options name. @returns the exit code */
export async function startPipeline(options: StartOptions, terminal: Terminal): Promise<number> {
  if (options.local === true) {
    return startHere(options, terminal);
  }
  refuseMachineOptions(options);
  return inWorld(options, async (world) => {
    const definition = parseDefinition("the export pipelineDefinition", world.deployedDefinition());
    const [pipeline] = await world.pipelines();
    if (pipeline === undefined) {
      throw new UserError(`${world.place} does not exist`);
    }
    return startIn(world, pipeline, definition, options, terminal);
  });
}

/** Adds the options of commands that start a pipeline. */
export function withStart(command: Command): Command {
  return withPace(
    withAuthorization(withMachine(withSelection(withParameters(withJson(withWorld(command)))))),
  ).option(
    "--warm-start [execution]",
    "tune from the results of an execution, for candidates that have warmStart: its id or ARN (default: the latest)",
  );
}

/** `start`: starts the deployed pipeline, and prints the ARN of the execution. */
export function start(terminal: Terminal): Command {
  return withStart(new Command("start"))
    .option("--wait", "watch the execution; the exit code is 0 only if it succeeds")
    .action(async (options: StartOptions) => {
      terminal.exit(await startPipeline(options, terminal));
    });
}
