import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

import type { ModelRequest } from "../../pipeline/language/evaluate";
import { UserError } from "../../errors/userError";
import { trains, type Images } from "../standins/images";
import { pythonInterpreter, pythonPath } from "./python";
import { unpackModel } from "./server";
import { modelSource, placeSource } from "./sources";
import type { Workspace } from "../records/workspace";
import { pythonWords } from "./environment";
import { environmentOf } from "./environmentOf";
import { ObjectStore } from "../storage/objectStore";

/** A container that serves, as CreateModel and CreateModelPackage have it. */
export type ServingContainer = Pick<
  NonNullable<ModelRequest["PrimaryContainer"]>,
  "Environment" | "Image" | "ModelDataUrl"
>;

/** A model to serve. */
export interface ServedModel {
  /** What it is called in errors, such as `version 3 of restate-dev`. */
  readonly title: string;
  /** Name of its folder, and of its container. */
  readonly name: string;
  readonly container: ServingContainer;
  /** Port of this machine. */
  readonly port: number;
  /** File for what the server prints. Default: standard error. */
  readonly log?: string;
}

/**
 * Starts the server of a model by the container contract, and returns its process.
 * @throws UserError where the image does not serve here, or there is no model artifact
 */
export async function startServer(
  workspace: Workspace,
  images: Images,
  { container, log, name, port, title }: ServedModel,
): Promise<ChildProcess> {
  const { Environment: environment = {}, Image: uri = "", ModelDataUrl: artifact = "" } = container;
  const image = images.find(uri);
  const source = modelSource(image, environment);
  if (source === undefined && !trains(image)) {
    throw new UserError(`the image ${uri} does not serve here`);
  }
  const base = join(workspace.folder, "serving", name, "opt", "ml");
  const store = new ObjectStore(workspace.objects);
  if (!store.isObject(artifact)) {
    throw new UserError(`${title} has no artifact at ${artifact}`);
  }
  await unpackModel(store.path(artifact), join(base, "model"));
  if (source !== undefined) {
    await placeSource(store, base, source);
  }
  const machine = { store, parallelism: 1, workFolder: workspace.folder };
  const server = environmentOf(machine, image, "model").program({
    folder: { name, base },
    image: uri,
    task: "serve",
    hasScript: source !== undefined,
    environment,
    isIsolated: false,
    port,
  });
  if (log !== undefined) {
    mkdirSync(dirname(log), { recursive: true });
  }
  const output = log === undefined ? undefined : openSync(log, "a");
  try {
    // However this process ends, the server ends too, and frees its port.
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
