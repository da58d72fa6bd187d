import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { JsonObject } from "../../pipeline/language/json";
import { UserError } from "../../errors/userError";
import { inTemporaryFolder, writeJson } from "../storage/files";
import { PythonService } from "./python";

/** How a module ended, with what it printed, and the trace of an error other than a user's mistake. */
interface Ended {
  readonly exitCode: number;
  readonly output: string;
  readonly trace: string;
}

/** Runs a module in a process that later ones take over, with the libraries that it has loaded. */
function runInService(module: string, words: readonly string[]): Promise<Ended> {
  return new Promise((done, failed) => {
    const service = PythonService.start("local.standins.services", {
      receive: (ended) => {
        void service.leave(true);
        done(ended as Ended);
      },
      failed,
    });
    service.send({ module, arguments: words });
  });
}

/** Runs a Python module, outside of any execution, and returns what it prints. */
export async function runModule(module: string, words: readonly string[]): Promise<string> {
  const { exitCode, output, trace } = await runInService(module, words);
  if (exitCode !== 0) {
    throw new Error(`${module} did not end`, { cause: trace });
  }
  return output;
}

/**
 * Runs a Python module for a request, outside of any execution.
 *
 * @param module name of the module, whose argument is the path of the request
 * @param request without `failure`, the module's file for a user's mistake
 * @throws UserError with that mistake
 */
export function runService(module: string, request: JsonObject): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const failure = join(folder, "failure");
    const path = join(folder, "request.json");
    writeJson(path, { ...request, failure });
    const { exitCode, trace } = await runInService(module, [path]);
    if (exitCode !== 0) {
      throw existsSync(failure)
        ? new UserError(readFileSync(failure, "utf8").trim())
        : new Error(`${module} did not end`, { cause: trace });
    }
  });
}
