import { deepEqual } from "node:assert/strict";

import { command } from "../support/localRun";

describe("evaluateProgram", () => {
  it("reports an invalid configuration only by its error, without Pulumi's stack trace", async () => {
    const script = `
      require("./offline/program")
        .evaluateProgram("dev", { "aws:region": "us-east-1", "restate:minimumR2": "high" })
        .catch((error) => console.log(error.name));
    `;
    const ended = await command(process.execPath, [
      ...["--require", "ts-node/register/transpile-only", "--eval", script],
    ]);
    deepEqual(ended, { code: 0, stdout: "UserError\n", stderr: "" });
  });
});
