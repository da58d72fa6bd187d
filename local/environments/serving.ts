import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

import type { ModelRequest } from "../../pipeline/language/evaluate";
import { UserError } from "../../errors/userError";
import { howToRun, type Images, trains } from "../standins/images";
import { pythonInterpreter, pythonPath } from "./python";
import { unpackModel } from "./server";
import { modelSource, placeSource } from "./sources";
import type { Workspace } from "../records/workspace";
import { type Container, type Program, pythonWords } from "./environment";
import { environmentOf } from "./environmentOf";
import { ObjectStore } from "../storage/objectStore";
import type { Machine } from "./containerEnvironment";
import type { JobFolder } from "./jobFolder";

/** A serving container, in the form of CreateModel and CreateModelPackage. */
export type ServingContainer = Pick<
  NonNullable<ModelRequest["PrimaryContainer"]>,
  "Environment" | "Image" | "ModelDataUrl"
>;

/** Members of a container that change what it serves, but not here. */
const unserved = [
  "AdditionalModelDataSources",
  "InferenceSpecificationName",
  "ModelDataSource",
  "MultiModelConfig",
];

/** The first member of a container that changes what it serves, but not here; undefined if there is none. */
export function unservedMember(container: object): string | undefined {
  const members = container as Readonly<Record<string, unknown>>;
  return members["Mode"] === "MultiModel"
    ? "Mode MultiModel"
    : unserved.find((name) => (members[name] ?? undefined) !== undefined);
}

interface ServedModel {
  /** Its name in errors, such as `version 3 of restate-dev`. */
  readonly title: string;
  /** Name of its folder, and of its container. */
  readonly name: string;
  /** Its containers, in the order of invocation; several are an inference pipeline. */
  readonly containers: readonly ServingContainer[];
  /** Port of this machine for each container. */
  readonly ports: readonly number[];
  /** File for the servers' output. Default: standard error. */
  readonly log?: string;
}

/** The servers of a model's containers. */
export interface ModelServers {
  /** Whether all are running. */
  readonly isRunning: () => boolean;
  /** The exit code of the first one to end. */
  readonly ended: Promise<number>;
  /** Ends them, and waits until they have ended. */
  readonly stop: () => Promise<void>;
}

/**
 * Checks that a container can be served: its image, and its model artifact.
 * @throws UserError if it cannot
 */
export function checkContainer(
  store: ObjectStore,
  images: Images,
  title: string,
  container: ServingContainer,
): void {
  const { Environment: environment = {}, Image: uri = "", ModelDataUrl: artifact } = container;
  const member = unservedMember(container);
  if (member !== undefined) {
    throw new UserError(`${member} of ${title} is not supported on this machine`);
  }
  const image = images.find(uri);
  const framework = image?.framework;
  if (modelSource(image, environment) === undefined && !trains(image)) {
    const reason =
      framework === undefined
        ? `cannot serve here; ${howToRun(uri)}`
        : "only serves with a script, but SAGEMAKER_PROGRAM in Environment is not set";
    throw new UserError(`the image ${uri} ${reason}`);
  }
  if (artifact !== undefined && !store.isObject(artifact)) {
    throw new UserError(`${title} has no artifact at ${artifact}`);
  }
}

/**
 * Starts the servers of a model by the container contract, one per container.
 * @throws UserError if an image does not serve here, or there is no model artifact
 */
export async function startServers(
  workspace: Workspace,
  images: Images,
  { containers, log, name, ports, title }: ServedModel,
): Promise<ModelServers> {
  const store = new ObjectStore(workspace.objects);
  containers.forEach((container) => {
    checkContainer(store, images, title, container);
  });
  const children: ChildProcess[] = [];
  for (const [index, container] of containers.entries()) {
    const own = index === 0 ? name : `${name}-${index + 1}`;
    children.push(
      await startServer(workspace, images, { name: own, container, port: ports[index] ?? 0, log }),
    );
  }
  const exits = children.map(
    (child) =>
      new Promise<number>((done, failed) => {
        child.once("error", failed).once("exit", (code) => {
          done(code ?? 1);
        });
      }),
  );
  const ended = Promise.race(exits);
  ended.catch(() => undefined);
  return {
    isRunning: () =>
      children.every(({ exitCode, signalCode }) => exitCode === null && signalCode === null),
    ended,
    stop: async () => {
      children.forEach((child) => child.kill("SIGTERM"));
      await Promise.allSettled(exits);
    },
  };
}

/**
 * Unpacks a container's model and its script, and returns the program that serves it.
 *
 * @param folder the job's folder, in which the model goes
 * @throws UserError if there is no script
 */
export async function servingProgram(
  machine: Machine & { readonly store: ObjectStore },
  images: Images,
  folder: Pick<JobFolder, "base" | "name">,
  { Environment: environment = {}, Image: image = "", ModelDataUrl: artifact }: ServingContainer,
  more: Pick<Container, "isIsolated" | "port"> & Partial<Pick<Container, "environment">>,
): Promise<Program> {
  const { store } = machine;
  const found = images.find(image);
  await unpackModel(artifact && store.path(artifact), join(folder.base, "model"));
  const source = modelSource(found, { ...environment, ...more.environment });
  if (source !== undefined) {
    await placeSource(store, folder.base, source);
  }
  return environmentOf(machine, found, "model").program({
    folder,
    image,
    task: "serve",
    hasScript: source !== undefined,
    ...more,
    environment: { ...environment, ...more.environment },
  });
}

/** Starts the server of a container, and returns its process. */
async function startServer(
  workspace: Workspace,
  images: Images,
  {
    container,
    log,
    name,
    port,
  }: {
    readonly name: string;
    readonly container: ServingContainer;
    readonly port: number;
    readonly log: string | undefined;
  },
): Promise<ChildProcess> {
  const base = join(workspace.folder, "serving", name, "opt", "ml");
  const store = new ObjectStore(workspace.objects);
  const machine = { store, parallelism: 1, workFolder: workspace.folder };
  const isolation = { isIsolated: false, port };
  const server = await servingProgram(machine, images, { name, base }, container, isolation);
  if (log !== undefined) {
    mkdirSync(dirname(log), { recursive: true });
  }
  const output = log === undefined ? undefined : openSync(log, "a");
  try {
    // The server ends with this process, however that ends.
    const attached = ["-m", "local.standins.jobs.attached", ...pythonWords(server)];
    return spawn(pythonInterpreter(), attached, {
      env: { ...process.env, PYTHONPATH: pythonPath.join(delimiter), ...server.environment },
      stdio: ["pipe", output ?? "ignore", output ?? "inherit"],
    });
  } finally {
    if (output !== undefined) {
      closeSync(output);
    }
  }
}
