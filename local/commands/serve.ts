import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";

import type { JsonObject } from "../../pipeline/expressions";
import { isObject, objects, text } from "../../pipeline/walk";
import { UserError } from "../errors";
import { Images } from "../images";
import type { ModelPackage } from "../modelRegistry";
import { ObjectStore } from "../objectStore";
import { pythonInterpreter, pythonPath } from "../python";
import { serverEnvironment, tryPort, unpackModel, waitForServer } from "../server";
import type { Workspace } from "../workspace";

/** The container that serves a model package. */
function containerOf(model: ModelPackage): JsonObject {
  const inference = model.request["InferenceSpecification"];
  return objects(isObject(inference) ? inference["Containers"] : undefined)[0] ?? {};
}

/** @throws UserError where something else listens on the port */
async function checkPort(port: number): Promise<void> {
  try {
    await tryPort(port);
  } catch {
    throw new UserError(`port ${port} is in use; choose another by --port`);
  }
}

/**
 * Serves a model package on a port of this machine by the container contract, until it is interrupted.
 *
 * @param decisionTreeUri URI of the Decision Tree image
 * @param say takes a line when the model answers
 * @returns the exit code of the server
 * @throws UserError where the port is in use, or the image does not serve here
 */
export async function serve(
  workspace: Workspace,
  model: ModelPackage,
  port: number,
  decisionTreeUri: string,
  say: (line: string) => void,
): Promise<number> {
  const container = containerOf(model);
  const uri = text(container["Image"]);
  const module = new Images(decisionTreeUri).find(uri)?.trainingModule;
  if (module === undefined) {
    throw new UserError(`the image ${uri} does not serve here`);
  }
  await checkPort(port);
  const base = join(workspace.folder, "serving", `${model.group}-${model.version}`, "opt", "ml");
  const artifact = text(container["ModelDataUrl"]);
  const store = new ObjectStore(workspace.objects);
  if (!store.exists(artifact)) {
    throw new UserError(
      `version ${model.version} of ${model.group} has no artifact at ${artifact}`,
    );
  }
  await unpackModel(store.path(artifact), join(base, "model"));

  const child = spawn(pythonInterpreter(), ["-m", module, "serve"], {
    env: {
      ...process.env,
      PYTHONPATH: pythonPath.join(delimiter),
      ...serverEnvironment(base, port),
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const stop = (): void => {
    child.kill("SIGTERM");
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const ended = new Promise<number>((done, failed) => {
    child.once("error", failed).once("exit", (code) => {
      done(code ?? 1);
    });
  });
  if (await waitForServer(port, () => child.exitCode !== null)) {
    say(
      `version ${model.version} of ${model.group} answers on http://127.0.0.1:${port}/invocations`,
    );
  }
  return ended;
}

/**
 * Asks a served model for predictions.
 *
 * @param rows CSV rows of features, without label and header
 * @returns the answer, one prediction a line
 * @throws UserError where nothing is served on the port, or the model refuses the rows
 */
export async function invoke(port: number, rows: string): Promise<string> {
  let response: Response;
  try {
    response = await fetch(`http://127.0.0.1:${port}/invocations`, {
      method: "POST",
      headers: { "content-type": "text/csv" },
      body: rows,
    });
  } catch {
    throw new UserError(
      `nothing is served on port ${port}; \`npm run local -- serve\` serves a model`,
    );
  }
  const answer = await response.text();
  if (!response.ok) {
    throw new UserError(`the model refuses the rows (HTTP ${response.status}): ${answer.trim()}`);
  }
  return answer.trim().split(/[,\n]/).join("\n");
}
