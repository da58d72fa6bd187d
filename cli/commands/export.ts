import { statSync } from "node:fs";
import { join } from "node:path";

import { Argument, Command } from "commander";

import { UserError } from "../../errors/userError";
import { logToMlflow } from "../../local/environments/mlflow";
import { inTemporaryFolder, writeJson } from "../../local/storage/files";
import { executionReport } from "../../report/report";
import { typedPath } from "../../terminal/options";
import { counted } from "../ownTable/words";
import { withWorld } from "../options";
import { parseDefinition } from "../../sageMaker/parseDefinition";
import {
  type ExecutionState,
  executionId,
  findExecution,
  hasEnded,
  latestExecutions,
} from "../../sageMaker/executions";
import { readExecution } from "../../sageMaker/fullExecution";
import { type Tracked, trackedExecution, trackedModels } from "../tracked";
import type { World } from "../../sageMaker/world";
import { note, print, type Terminal } from "../terminal";
import { inWorld, type WorldOptions } from "../world";

type ExportOptions = WorldOptions & { readonly to?: string; readonly all?: boolean };

/** A store that is not a folder. SageMaker's plugin knows two partitions: aws/sagemaker-mlflow, mlflow_sagemaker_helpers.py. */
const served =
  /^https?:\/\/|^arn:aws(-us-gov)?:sagemaker:[\w-]+:\d{12}:mlflow-(app|tracking-server)\/[\w-]+$/;

const isServer = (store: string): boolean => served.test(store);

/**
 * The store that `--to` names: the path of a folder, or the ARN or address of a server.
 * @throws UserError if it is a file, or the ARN or address of something else
 */
function storeOf(typed: string): string {
  if (isServer(typed)) {
    return typed;
  }
  if (/^arn:|:\/\//.test(typed)) {
    throw new UserError(
      `--to: ${typed} is not a store; it is a folder, an address such as http://localhost:5000, or the ARN of an ` +
        "MLflow app or tracking server of SageMaker (arn:aws:sagemaker:...:mlflow-app/...)",
    );
  }
  const folder = typedPath(typed);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new UserError(`--to: ${folder} is a file, not a folder`);
  }
  return folder;
}

/**
 * The MLflow app that the stack's deployed definition names.
 * @throws UserError if there is none
 */
function ownApp(world: World): string {
  const { MlflowConfig: config } =
    world.machine === undefined
      ? parseDefinition("the stack's exports", world.deployedDefinition())
      : {};
  if (typeof config?.MlflowResourceArn !== "string") {
    throw new UserError(
      "--to is missing: name a store, such as a folder; only a stack in AWS with restate:tracking mlflow or both has an " +
        "MLflow app of its own",
    );
  }
  return config.MlflowResourceArn;
}

/**
 * The executions to export.
 * @throws UserError if one that is named has not ended
 */
async function executionsOf(
  world: World,
  named: readonly string[],
  all: boolean,
): Promise<readonly ExecutionState[]> {
  const { client } = world;
  if (all && named.length > 0) {
    throw new UserError("--all and the name of an execution: give one of them");
  }
  const listed = all ? await latestExecutions(client, await world.pipelines(), Infinity) : [];
  const arns = listed.map((one) => one.PipelineExecutionArn ?? "");
  const wanted: readonly (string | undefined)[] = all
    ? arns
    : named.length > 0
      ? named
      : [undefined];
  const found: ExecutionState[] = [];
  for (const one of wanted) {
    const execution = await findExecution(world, one);
    if (hasEnded(execution)) {
      found.push(execution);
    } else if (!all) {
      throw new UserError(`execution ${execution.id} has not ended; it is exported when it has`);
    }
  }
  return found;
}

/** Everything to log of some executions; their files are copied into a folder. */
async function tracked(
  world: World,
  executions: readonly ExecutionState[],
  folder: string,
): Promise<Tracked> {
  const found = [];
  for (const execution of executions) {
    const full = await readExecution(world, execution);
    const report = await executionReport(world, full);
    const own = join(folder, executionId(execution.arn));
    found.push(await trackedExecution(world, full, own, report));
  }
  return { executions: found, models: await trackedModels(world) };
}

/** `export mlflow [execution...]`: logs executions to an MLflow store. */
function exportExecutions(terminal: Terminal): Command {
  return withWorld(new Command("export"))
    .description(
      "Log executions to MLflow: one experiment per pipeline, with nested runs for executions, candidates and trials. " +
        "What is already logged is left unchanged.",
    )
    .addArgument(new Argument("<format>", "where to log them").choices(["mlflow"]))
    .argument("[execution...]", "their ids or ARNs (default: the latest)")
    .option("--all", "all executions that have ended")
    .option(
      "--to <store>",
      "a folder, created if missing; the address of a tracking server; or the ARN of an MLflow app or tracking server in " +
        "SageMaker (default: the stack's own app, by restate:tracking)",
    )
    .action(async (_format: string, wanted: readonly string[], options: ExportOptions) => {
      const named = options.to === undefined ? undefined : storeOf(options.to);
      await inTemporaryFolder((folder) =>
        inWorld(options, async (world) => {
          const store = named ?? ownApp(world);
          const executions = await executionsOf(world, wanted, options.all === true);
          const facts = join(folder, "facts.json");
          writeJson(facts, await tracked(world, executions, folder));
          const done = await logToMlflow(facts, store, (line) => {
            note(terminal, line);
          });
          const runs = `${done.created} runs logged, ${done.kept} there already`;
          note(terminal, `${counted(executions.length, "execution")}: ${runs}`);
          if (!isServer(store)) {
            note(terminal, `\`mlflow ui\` shows them when it is started in ${store}`);
          }
          print(terminal, store);
        }),
      );
    });
}

export { exportExecutions as export };
