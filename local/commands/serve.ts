import type { JsonObject } from "../../pipeline/expressions";
import { isObject, objects, text } from "../../pipeline/walk";
import { UserError } from "../../terminal/errors";
import { containerImages } from "../docker/containerImages";
import { Images } from "../standins/images";
import type { ModelPackage } from "../records/modelRegistry";
import { tryPort, waitForServer } from "../processes/server";
import type { RunnableProgram } from "../program/programCache";
import type { Workspace } from "../records/workspace";
import { startServer } from "../serving";

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

/** How a model is to be served. */
export interface ServeOptions {
  /** Port of this machine. */
  readonly port: number;
  /** Whether in a container of its image, where the image is on this machine. */
  readonly docker: boolean;
}

/**
 * Serves a model package on a port of this machine by the container contract, until it is interrupted.
 *
 * @param say takes a line when the model answers
 * @returns the exit code of the server
 * @throws UserError where the port is in use, or the image does not serve here
 */
export async function serve(
  workspace: Workspace,
  model: ModelPackage,
  program: Pick<RunnableProgram, "baseImage" | "decisionTreeImageUri">,
  { docker, port }: ServeOptions,
  say: (line: string) => void,
): Promise<number> {
  const container = containerOf(model);
  const uri = text(container["Image"]);
  let images = new Images(program.decisionTreeImageUri);
  if (docker) {
    const never = new AbortController().signal;
    images = images.withContainers(await containerImages([uri], program, images, say, never));
  }
  await checkPort(port);
  const child = await startServer(workspace, images, {
    title: `version ${model.version} of ${model.group}`,
    name: `${model.group}-${model.version}`,
    container,
    port,
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
