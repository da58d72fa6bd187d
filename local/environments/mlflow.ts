import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { UserError } from "../../errors/userError";
import { lockedPython } from "./lockedPython";

const run = promisify(execFile);
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
  // MLflow sends telemetry by default: mlflow/environment_variables.py.
  const env = {
    // Gives up on an unresponsive server after seconds, not minutes.
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: "3",
    // botocore would look for a profile with an empty name.
    ...Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== "")),
    MLFLOW_DISABLE_TELEMETRY: "true",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: "true",
    GIT_PYTHON_REFRESH: "quiet",
    PYTHONDONTWRITEBYTECODE: "1",
  };
  try {
    const { stdout } = await run(python, [script, facts, store], { env, maxBuffer: Infinity });
    return JSON.parse(stdout) as Logged;
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    if (stderr === undefined) {
      throw error;
    }
    const end = stderr.trim().split("\n").at(-1);
    throw new UserError(`${store}: ${end === "" ? "logging ended early" : end}`);
  }
}
