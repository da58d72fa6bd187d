import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import type { ImageOptions } from "../local/environments/containerImages";
import { requestHandler } from "../local/api/handler";
import { serveJobs } from "../local/api/server";
import { World as Machine } from "../local/api/world";
import { exampleAccountId } from "../offline/exampleAccount";
import type { Program } from "../offline/program";
import { defaultStack } from "../offline/stackConfig";
import { recordPath } from "../local/records/executions";
import { Workspace } from "../local/records/workspace";
import { dataVariable } from "../local/storage/data";
import { stackNames } from "../contract/names";
import { UserError } from "../errors/userError";
import { diagnose } from "../report/diagnostics";
import { shellWord, typedPath } from "../terminal/options";
import { type ClientConfig, sageMaker } from "../sageMaker/clients";
import { type Pipeline, registeredGroups, registeredPipelines } from "../sageMaker/inventory";
import { stackProgram } from "./stackProgram";
import { readOutputs } from "./stackOutputs";
import type { World } from "../sageMaker/world";

/** The options that select a command's world. */
export interface WorldOptions {
  readonly local?: boolean;
  readonly stack?: string;
  readonly outputs?: string;
  readonly workFolder?: string;
}

/** The options of local runs. */
export interface MachineOptions {
  readonly stack?: string;
  readonly configFile?: string;
  readonly data?: string;
  readonly docker?: boolean;
  /** False if `--no-authorization` is given. */
  readonly authorization?: boolean;
  /** By image URI, the folder of the image's program, or `docker`. */
  readonly image?: ReadonlyMap<string, string>;
  /** Whether custom code in Data Wrangler flows runs. */
  readonly trustCode?: boolean;
  readonly workFolder?: string;
}

/** @throws UserError if an option of local runs is given for a stack in AWS */
export function refuseMachineOptions({
  authorization,
  configFile,
  data,
  docker,
  image = new Map(),
  trustCode,
}: MachineOptions): void {
  for (const [option, given] of [
    ["--no-authorization", authorization === false ? true : undefined],
    ["--config-file", configFile],
    ["--data", data],
    ["--docker", docker],
    ["--image", image.size > 0 ? image : undefined],
    ["--trust-code", trustCode],
  ] as const) {
    if (given !== undefined) {
      throw new UserError(`${option} only applies to runs on this machine: add --local`);
    }
  }
}

/**
 * The work folder that the options name.
 * @throws UserError if it is a file
 */
export function workspaceOf({ workFolder }: Pick<WorldOptions, "workFolder">): Workspace {
  const workspace = new Workspace(workFolder === undefined ? ".local" : typedPath(workFolder));
  if (statSync(workspace.folder, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new UserError(`--work-folder: ${workspace.folder} is a file, not a folder`);
  }
  return workspace;
}

/** The data that an option or the environment names, with the name of which it was. */
export function dataOf({
  data,
}: Pick<MachineOptions, "data">): { readonly path: string; readonly named: string } | undefined {
  if (data !== undefined) {
    return { path: typedPath(data), named: "--data" };
  }
  const path = process.env[dataVariable] ?? "";
  return path === "" ? undefined : { path: typedPath(path), named: dataVariable };
}

/** How the jobs of images run, from the options. */
export function imageOptions({
  docker = false,
  image = new Map(),
  trustCode,
}: Pick<MachineOptions, "docker" | "image" | "trustCode">): ImageOptions {
  const images = [...image].map(
    ([uri, value]) => [uri, value === "docker" ? value : typedPath(value)] as const,
  );
  return { docker, images: new Map(images), trustCode };
}

/** The region and account of a work folder, from the ARNs in its first record that has any. */
function placeOf(workspace: Workspace): { readonly region: string; readonly accountId: string } {
  const folder = join(workspace.folder, "executions");
  for (const id of existsSync(folder) ? readdirSync(folder) : []) {
    const path = recordPath(join(folder, id));
    const [, region, accountId] =
      /"arn:[\w-]+:sagemaker:([\w-]+):(\d{12}):/.exec(
        existsSync(path) ? readFileSync(path, "utf8") : "",
      ) ?? [];
    if (region !== undefined && accountId !== undefined) {
      return { region, accountId };
    }
  }
  return { region: "us-east-1", accountId: exampleAccountId };
}

/** A work folder as a world. */
export interface MachineWorld extends World {
  readonly machine: Machine;
}

/** What a caller adds to the options. */
interface MachineExtras {
  /** The program, if it is evaluated already. */
  readonly program?: Program;
  /** Receives lines to show. */
  readonly say?: (line: string) => void;
}

/**
 * This machine as a world, by the options.
 * @throws UserError if the work folder is another folder of the user's
 */
export function openMachine(options: MachineOptions, extras: MachineExtras = {}): MachineWorld {
  const workspace = workspaceOf(options);
  workspace.checkUsable();
  const { program, say } = extras;
  const { accountId, region } = program ?? placeOf(workspace);
  const machine = new Machine(
    {
      workspace,
      program: () => (program === undefined ? stackProgram(options) : Promise.resolve(program)),
      region,
      accountId,
      data: dataOf(options),
      ...imageOptions(options),
      authorization: options.authorization,
      diagnose: (execution) => diagnose(world, execution),
      ...(say && { say }),
    },
    serveJobs,
  );
  const world = worldOf(machine, options);
  return world;
}

/** A work folder as a world, with what runs for it in this process. */
export function worldOf(
  machine: Machine,
  options: Pick<MachineOptions, "stack" | "workFolder"> = {},
): MachineWorld {
  const config: ClientConfig = {
    region: machine.region,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: requestHandler(machine),
    // This process does not check signatures.
    signer: { sign: (request) => Promise.resolve(request) },
    maxAttempts: 1,
  };
  const client = sageMaker(config);
  const { stack } = options;
  let known: Promise<readonly Pipeline[]> | undefined;
  const folder =
    options.workFolder === undefined ? "" : ` --work-folder ${shellWord(options.workFolder)}`;
  return {
    config,
    client,
    machine,
    place: `the work folder ${machine.workspace.folder}`,
    command: (line) => `npm run local -- ${line}${folder}`,
    pipelines: async () => {
      // Cached, because commands ask repeatedly and all executions must be read.
      known ??= registeredPipelines(client);
      const all = await known;
      const named = stack === undefined ? undefined : stackNames(stack).pipelineName;
      return all.filter(({ pipelineName }) => named === undefined || pipelineName === named);
    },
    modelPackageGroups: async () => {
      const all = await registeredGroups(client);
      const named = stack === undefined ? undefined : stackNames(stack).modelPackageGroupName;
      return all.filter((name) => named === undefined || name === named);
    },
    deployedDefinition: () => {
      throw new UserError("a pipeline on this machine is not deployed");
    },
    close: () => machine.close(),
  };
}

/** A stack in AWS as a world. Credentials, retries and AWS_ENDPOINT_URL are the SDK's defaults. */
async function openStack({ outputs: file, stack }: WorldOptions): Promise<World> {
  const name = stack ?? defaultStack;
  const outputs = await readOutputs({
    stack: name,
    ...(file === undefined ? {} : { outputs: file }),
  });
  const config: ClientConfig = { region: outputs("region").region };
  return {
    config,
    client: sageMaker(config),
    get place() {
      return `the pipeline ${outputs("pipelineName").pipelineName}`;
    },
    command: (line) => `npm run restate -- ${line} --stack ${name}`,
    pipelines: () => Promise.resolve([outputs("pipelineName", "pipelineArn")]),
    modelPackageGroups: () =>
      Promise.resolve([outputs("modelPackageGroupName").modelPackageGroupName]),
    deployedDefinition: () => outputs("pipelineDefinition").pipelineDefinition,
    close: () => Promise.resolve(),
  };
}

/**
 * Opens the world that the options select.
 * @throws UserError if the options contradict each other, or the stack's exports cannot be read
 */
export async function openWorld(options: WorldOptions): Promise<World> {
  if (options.local === true) {
    if (options.outputs !== undefined) {
      throw new UserError("--outputs only applies to a stack in AWS, not with --local");
    }
    return openMachine(options);
  }
  if (options.workFolder !== undefined) {
    throw new UserError("--work-folder only applies to this machine: add --local");
  }
  return openStack(options);
}

/** Opens the world that the options name for some work, and closes it afterwards. */
export async function inWorld<Result>(
  options: WorldOptions,
  work: (world: World) => Promise<Result>,
): Promise<Result> {
  const world = await openWorld(options);
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

/**
 * Refuses a command that only works on this machine if it was called for AWS.
 *
 * @param instead what to do in AWS instead
 * @throws UserError if `--local` is missing
 */
export function onThisMachine(verb: string, { local }: WorldOptions, instead?: string): void {
  if (local !== true) {
    const other = instead === undefined ? "" : `; for a stack in AWS, ${instead}`;
    throw new UserError(`${verb} only works on this machine: add --local${other}`);
  }
}
