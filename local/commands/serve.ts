import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";

import { extract } from "tar";

import type { JsonObject } from "../../pipeline/expressions";
import { isObject, objects, text } from "../../pipeline/walk";
import { UserError } from "../errors";
import { Images } from "../images";
import type { ModelPackage } from "../modelRegistry";
import { ObjectStore } from "../objectStore";
import { pythonInterpreter, pythonPath } from "../python";
import type { Workspace } from "../workspace";

const startSeconds = 30;

/** The container that serves a model package. */
function containerOf(model: ModelPackage): JsonObject {
  const inference = model.request["InferenceSpecification"];
  return objects(isObject(inference) ? inference["Containers"] : undefined)[0] ?? {};
}

/** @throws UserError where something else listens on the port */
async function checkPort(port: number): Promise<void> {
  await new Promise<void>((free, taken) => {
    const probe = createServer();
    probe.once("error", () => {
      taken(new UserError(`port ${port} is in use; choose another by --port`));
    });
    probe.listen(port, "127.0.0.1", () =>
      probe.close(() => {
        free();
      }),
    );
  });
}

async function answersPing(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/ping`)).ok;
  } catch {
    return false;
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
  const folder = join(base, "model");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const archive = new ObjectStore(workspace.objects).path(text(container["ModelDataUrl"]));
  await extract({ file: archive, cwd: folder });

  const child = spawn(pythonInterpreter(), ["-m", module, "serve"], {
    env: {
      ...process.env,
      PYTHONPATH: pythonPath.join(delimiter),
      SAGEMAKER_BASE_DIR: base,
      SAGEMAKER_BIND_TO_ADDRESS: "127.0.0.1",
      SAGEMAKER_BIND_TO_PORT: String(port),
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
  for (let tries = 0; tries < startSeconds * 10 && child.exitCode === null; tries += 1) {
    if (await answersPing(port)) {
      say(
        `version ${model.version} of ${model.group} answers on http://127.0.0.1:${port}/invocations`,
      );
      break;
    }
    await new Promise((wait) => setTimeout(wait, 100));
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
