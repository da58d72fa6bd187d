import { deepEqual } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pythonInterpreter } from "../../../local/environments/python";
import { parsed } from "./definitions";

/** The definitions that the SageMaker Python SDK writes of tests/support/sdk_pipelines.py, by name. */
function sdkDefinitions(): Readonly<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "restate-sdk-"));
  try {
    const script = ["tests/support/sdk_pipelines.py", folder];
    execFileSync(pythonInterpreter(), script, { stdio: ["ignore", "ignore", "pipe"] });
    return Object.fromEntries(
      ["train", "tune"].map((name) => [name, readFileSync(join(folder, `${name}.json`), "utf8")]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("parse", () => {
  it("keeps definitions from the SageMaker Python SDK unchanged", () => {
    const { train = "", tune = "" } = sdkDefinitions();
    deepEqual(
      parsed(train).Steps.map(({ Type: type }) => type),
      ["Processing", "Training", "Model", "Transform", "Processing", "Condition"],
    );
    deepEqual(
      parsed(tune).Steps.map(({ Type: type }) => type),
      ["Processing", "Tuning", "Processing", "Condition"],
    );
  });
});
