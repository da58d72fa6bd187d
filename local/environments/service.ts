import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import type { JsonObject } from "../../pipeline/language/json";
import { UserError } from "../../errors/userError";
import { writeJson } from "../storage/files";
import { pythonInterpreter, pythonPath, scriptsPath } from "./python";

/**
 * Runs a Python module for a request, outside of any execution.
 *
 * @param module name of the module, whose argument is the path of the request
 * @param request without `failure`, the module's file for a user's mistake
 * @throws UserError with that mistake
 */
export function runService(module: string, request: JsonObject): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "restate-service-"));
  const failure = join(folder, "failure");
  const path = join(folder, "request.json");
  writeJson(path, { ...request, failure });
  const env = { ...process.env, PYTHONPATH: [...pythonPath, scriptsPath].join(delimiter) };
  return new Promise<void>((done, failed) => {
    execFile(pythonInterpreter(), ["-m", module, path], { env }, (error) => {
      if (error === null) {
        done();
      } else if (existsSync(failure)) {
        failed(new UserError(readFileSync(failure, "utf8").trim()));
      } else {
        failed(new Error(`${module} did not end`, { cause: error }));
      }
    });
  }).finally(() => {
    rmSync(folder, { recursive: true, force: true });
  });
}
