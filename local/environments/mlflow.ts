import { spawn } from "node:child_process";
import { join, resolve } from "node:path";

import { UserError } from "../../errors/userError";
import { lockedPython } from "./lockedPython";

const root = resolve(__dirname, "..", "..");
/** 180 MB that no run needs. */
const client = {
  name: "mlflow",
  title: "MLflow's client",
  lock: join(root, "local", "mlflow", "requirements.txt"),
};
const script = join(root, "local", "mlflow", "log.py");

/** What was done in an MLflow store. */
export interface Logged {
  /** Runs that were made, and runs that were there already. */
  readonly created: number;
  readonly kept: number;
  /** Versions of registered models. */
  readonly models: number;
}

/**
 * Logs what is known of executions to an MLflow store: see local/mlflow/log.py.
 *
 * @param facts the path of the document
 * @param store a folder, the address of a tracking server, or an ARN of SageMaker's
 * @throws UserError if MLflow cannot be installed, or refuses
 */
export async function logToMlflow(
  facts: string,
  store: string,
  say: (line: string) => void,
): Promise<Logged> {
  const python = lockedPython(client, say);
  const child = spawn(python, [script, facts, store], {
    stdio: ["ignore", "pipe", "pipe"],
    // MLflow reports how it is used to its makers unless told otherwise: mlflow/environment_variables.py.
    env: {
      // A server that does not answer is given up after seconds, not minutes.
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: "3",
      // An empty variable is none, as the other SDK has it: botocore looks for a profile without a name.
      ...Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== "")),
      MLFLOW_DISABLE_TELEMETRY: "true",
      MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: "true",
      GIT_PYTHON_REFRESH: "quiet",
      PYTHONDONTWRITEBYTECODE: "1",
    },
  });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const code = await new Promise<number | null>((done, failed) => {
    child.on("error", failed);
    child.on("close", done);
  });
  if (code !== 0) {
    throw new UserError(`${store}: ${errors.trim().split("\n").at(-1) ?? "logging ended early"}`);
  }
  return JSON.parse(output) as Logged;
}
