import { spawn } from "node:child_process";
import { join, resolve } from "node:path";

import { UserError } from "../../errors/userError";
import { lockedPython } from "./lockedPython";

const root = resolve(__dirname, "..", "..");
/** 180 MB, so only installed on demand. */
const client = {
  name: "mlflow",
  title: "MLflow's client",
  lock: join(root, "local", "mlflow", "requirements.txt"),
};
const script = join(root, "local", "mlflow", "log.py");

/** The result of logging to an MLflow store. */
interface Logged {
  /** Numbers of new and of unchanged runs. */
  readonly created: number;
  readonly kept: number;
  /** Number of versions of registered models. */
  readonly models: number;
}

/**
 * Logs executions to an MLflow store: see local/mlflow/log.py.
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
    // MLflow sends telemetry by default: mlflow/environment_variables.py.
    env: {
      // Gives up on an unresponsive server after seconds, not minutes.
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: "3",
      // botocore would look for a profile with an empty name.
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
