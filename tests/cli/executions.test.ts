import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { JsonObject } from "../../pipeline/language/json";
import { failing, succeeding, ungranted } from "./scenarios";
import { DeployedStack, type Fault, restateScript } from "./stack";

const throttling: Fault = { code: "ThrottlingException", message: "Rate exceeded" };

describe("npm run restate: executions", () => {
  const stack = new DeployedStack();
  before(async () => {
    await stack.start();
  });
  after(() => {
    stack.stop();
  });

  /** The operations that AWS was asked for, without the requests. */
  const operations = async (): Promise<readonly string[]> =>
    (await stack.calls()).map(({ operation }) => operation);

  it("without any execution, status and stop say so, and logs finds no step", async () => {
    const none =
      "error: the pipeline restate-dev has no executions; `npm run restate -- start --stack dev` starts one\n";
    for (const name of ["status", "stop", "trials"]) {
      const { code, stderr, stdout } = await stack.restate([name]);
      deepEqual([code, stdout, stderr], [1, "", none]);
    }
    equal(
      (await stack.restate(["logs", "Preprocess"])).stderr,
      "error: Preprocess is neither a step nor a job with a log; no step has run\n",
    );
  });

  describe("start", () => {
    it("starts the pipeline with the given parameters, and prints the ARN", async () => {
      await stack.say({});
      const given = ["--parameter", "MinimumR2=0.70", "--parameter", "ProcessingInstanceCount=2"];
      const { code, stderr, stdout } = await stack.restate(["start", ...given]);
      equal(code, 0, stderr);
      match(
        stdout,
        /^arn:aws:sagemaker:us-east-1:\d+:pipeline\/restate-dev\/execution\/[a-z0-9]{12}\n$/,
      );
      const [call, ...others] = await stack.calls();
      equal(others.length, 0);
      equal(call?.operation, "StartPipelineExecution");
      deepEqual(call.request["PipelineParameters"], [
        { Name: "ProcessingInstanceCount", Value: "2" },
        { Name: "MinimumR2", Value: "0.7" },
      ]);
      match(call.request["ClientRequestToken"] as string, /^[0-9a-f-]{36}$/);
    });

    it("runs the selected steps on the results of an execution", async () => {
      await stack.say({});
      const started = JSON.parse((await stack.restate(["start", "--json"])).stdout) as {
        readonly execution: string;
        readonly arn: string;
      };
      await stack.say({});
      const steps = ["--only", "EvaluateXGBoost", "--source", started.execution];
      const { code, stderr } = await stack.restate(["start", ...steps]);
      equal(code, 0, stderr);
      const call = (await stack.calls()).find(
        ({ operation }) => operation === "StartPipelineExecution",
      );
      deepEqual(call?.request["SelectiveExecutionConfig"], {
        SelectedSteps: [{ StepName: "EvaluateXGBoost" }],
        SourcePipelineExecutionArn: started.arn,
      });
      const mistyped = await stack.restate(["start", "--only", "EvaluateXGBost"]);
      deepEqual(
        [mistyped.code, mistyped.stderr],
        [1, "error: --only: there is no step EvaluateXGBost; did you mean EvaluateXGBoost?\n"],
      );
    });

    it("refuses options of local runs", async () => {
      await stack.say({});
      const { code, stderr } = await stack.restate(["run", "--no-cache"]);
      deepEqual(
        [code, stderr],
        [1, "error: --no-cache only applies to runs on this machine: add --local\n"],
      );
      const data = await stack.restate(["start", "--data", "houses.csv"]);
      deepEqual(
        [data.code, data.stderr],
        [1, "error: --data only applies to runs on this machine: add --local\n"],
      );
      deepEqual(await stack.calls(), []);
    });

    it("refuses parameters that the deployed definition does not allow, and starts nothing", async () => {
      await stack.say({});
      const given = ["Region=here", "ProcessingInstanceCount=two", "ModelApprovalStatus=Maybe"];
      const { code, stderr, stdout } = await stack.restate([
        "start",
        ...given.flatMap((one) => ["--parameter", one]),
      ]);
      deepEqual([code, stdout], [1, ""]);
      deepEqual(stderr.split("\n"), [
        "error: parameter Region: unknown; the pipeline has ProcessingInstanceType, ProcessingInstanceCount, " +
          "TrainingInstanceType, ModelApprovalStatus, MinimumR2",
        'parameter ProcessingInstanceCount: "two" is not of type Integer',
        'parameter ModelApprovalStatus: "Maybe" is not one of ["Approved","Rejected","PendingManualApproval"]',
        "",
      ]);
      deepEqual(await stack.calls(), []);
    });

    it("retries with the same token when throttled", async () => {
      await stack.say({ faults: { StartPipelineExecution: [throttling, throttling] } });
      const { code, stderr } = await stack.restate(["start", "--json"]);
      equal(code, 0, stderr);
      const tokens = (await stack.calls()).map(({ request }) => request["ClientRequestToken"]);
      equal(tokens.length, 3);
      equal(new Set(tokens).size, 1);
    });

    it("reports repeated throttling", async () => {
      await stack.say({ faults: { StartPipelineExecution: Array(9).fill(throttling) as Fault[] } });
      const { code, stderr } = await stack.restate(["start"]);
      equal(code, 1);
      equal(
        stderr,
        "error: StartPipelineExecution: throttled 3 times (Rate exceeded); try again later\n",
      );
    });

    it("watches the execution with --wait, in plain lines without a terminal", async () => {
      await stack.say(succeeding);
      const { code, stderr, stdout } = await stack.restate(["start", "--wait", "--every", "0.1"]);
      equal(code, 0, stderr);
      const [started = "", ...lines] = stdout.trimEnd().split("\n");
      const id = started.slice(started.lastIndexOf("/") + 1);
      deepEqual(lines.slice(0, 12), [
        "▶ DataWranglerProcess",
        "▶ DataWranglerProcess (attempt 2)",
        "✓ DataWranglerProcess 1 min 1 s",
        "✓ Preprocess 0.5 s (as in execution earlier00000)",
        "▶ TuneDecisionTree",
        "  TuneDecisionTree 1/3: validation:rmse 67082.0",
        "  TuneDecisionTree 2/3: failed: AlgorithmError: no memory",
        "  TuneDecisionTree 3/3: validation:rmse 57008.0",
        "✓ TuneDecisionTree 3 min 57 s",
        "✓ SelectDecisionTree 0.5 s (true)",
        "✓ RegisterDecisionTree 2.0 s (version 3 of restate-dev)",
        "- TuneXGBoost",
      ]);
      equal(lines.at(-1), `Execution ${id}: Succeeded`);
      equal(stderr, "");
    });

    it("says how to log an execution whose definition names an MLflow app", async () => {
      await stack.say(succeeding);
      const { pipelineDefinition = "" } = stack.exports;
      const config = { MlflowResourceArn: "arn:aws:sagemaker:us-east-1:1:mlflow-app/app-1" };
      const definition = {
        ...(JSON.parse(pipelineDefinition) as JsonObject),
        MlflowConfig: config,
      };
      const outputs = join(stack.folder, "tracked.json");
      const exports = { ...stack.exports, pipelineDefinition: JSON.stringify(definition) };
      writeFileSync(outputs, JSON.stringify(exports));
      const args = ["start", "--wait", "--every", "0.1", "--outputs", outputs];
      const { code, stderr, stdout } = await stack.restate(args);
      equal(code, 0, stderr);
      const [, id = ""] = /execution\/([a-z0-9]{12})\n/.exec(stdout) ?? [];
      equal(
        stderr,
        "MLflow: executions are not logged by themselves, unless restate:mlflowLogging says so; log this one with " +
          `\`npm run restate -- export mlflow ${id} --stack dev\`\n`,
      );
    });

    it("exits with 1 if the execution fails, and names the step and its log", async () => {
      await stack.say(failing);
      const { code, stderr, stdout } = await stack.restate([
        ...["start", "--wait", "--every", "0.1", "--json"],
      ]);
      equal(code, 1);
      const result = JSON.parse(stdout) as {
        execution: string;
        status: string;
        steps: { name: string; status: string; failureReason?: string }[];
      };
      equal(result.status, "Failed");
      const failed = result.steps.find(({ status }) => status === "Failed");
      equal(failed?.failureReason, "AlgorithmError: exit code 1");
      match(stderr, /^▶ DataWranglerProcess\n/);
      ok(
        stderr.endsWith(
          "error: step EvaluateDecisionTree failed: AlgorithmError: exit code 1\n" +
            `log: npm run restate -- logs EvaluateDecisionTree ${result.execution} --stack dev\n` +
            "to run only this step: npm run restate -- start --wait --only EvaluateDecisionTree " +
            `--source ${result.execution} --stack dev\n`,
        ),
        stderr,
      );
    });

    it("names the missing Lake Formation grant that made a step fail", async () => {
      await stack.say(ungranted);
      const { stderr } = await stack.restate(["start", "--wait", "--every", "0.1", "--json"]);
      const missing =
        'missing Lake Formation permission: a data lake administrator must grant "Create Database" on Catalog';
      match(stderr, new RegExp(`\\n${missing}.*\\nlog: npm run restate`));
      match((await stack.restate(["status"])).stdout, new RegExp(`\\n${missing}`));
    });

    it("keeps watching after a transient failure to poll", async () => {
      const server: Fault = { code: "InternalFailure", message: "try again", status: 500 };
      const faults = { ListPipelineExecutionSteps: Array(4).fill(server) as Fault[] };
      await stack.say({ ...succeeding, faults });
      const { code, stdout } = await stack.restate(["start", "--wait", "--every", "0.1"]);
      equal(code, 0);
      match(stdout, /: Succeeded\n$/);
    });

    it("says that the execution continues if the user may not watch it", async () => {
      const denied: Fault = { code: "AccessDeniedException", message: "User: me is not allowed" };
      await stack.say({ ...succeeding, faults: { ListPipelineExecutionSteps: [denied] } });
      const { code, stderr } = await stack.restate(["start", "--wait"]);
      equal(code, 1);
      match(
        stderr,
        /^error: ListPipelineExecutionSteps: access denied \(User: me is not allowed\); you need the permission sagemaker:ListPipelineExecutionSteps\nThe execution continues; to watch it again: npm run restate -- status [a-z0-9]{12} --follow --stack dev\n$/,
      );
    });

    it("leaves the execution running when interrupted, and says so", async () => {
      await stack.say({ ...succeeding, frames: (succeeding.frames ?? []).slice(0, 1) });
      const args = ["start", "--outputs", stack.outputs, "--wait", "--every", "0.1"];
      const child = spawn(process.execPath, [...restateScript, ...args], {
        env: { ...process.env, CI: "1", ...stack.environment() },
      });
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      child.stdout.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes("▶ DataWranglerProcess")) {
          child.kill("SIGINT");
        }
      });
      const code = await new Promise((done) => child.once("close", done));
      equal(code, 130);
      match(
        stderr,
        /^stopped watching; execution ([a-z0-9]{12}) continues\. To watch it again: npm run restate -- status \1 --follow --stack dev\nTo stop it: npm run restate -- stop \1 --stack dev\n$/,
      );
      ok(!(await operations()).includes("StopPipelineExecution"));
    });
  });

  describe("status", () => {
    it("shows the steps of the latest execution, including those not executed", async () => {
      await stack.say({ ...failing, frames: (failing.frames ?? []).slice(-1) });
      const { code, stderr, stdout } = await stack.restate(["status"]);
      equal(code, 0, stderr);
      match(stdout, /^Execution [a-z0-9]{12} of restate-dev: Failed \(started 2026-09-\d\d /);
      const rows = stdout.split("\n").filter((line) => line.startsWith("│"));
      const cells = rows.map((row) =>
        row
          .split("│")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
      deepEqual(cells[0], ["Step", "Type", "Status", "Seconds", "Detail"]);
      deepEqual(cells[1], ["DataWranglerProcess", "Processing", "Succeeded", "61.3", ""]);
      deepEqual(cells[4], [
        ...["EvaluateDecisionTree", "Processing", "Failed", "39.0", "AlgorithmError: exit code 1"],
      ]);
      const last = cells.find(([name]) => name === "RegisterXGBoost");
      deepEqual(last, ["RegisterXGBoost", "RegisterModel", "NotExecuted", "-", ""]);
      match(
        stdout,
        /Step failure: One or multiple steps failed\.\nlog: npm run restate -- logs EvaluateDecisionTree /,
      );
    });

    it("follows the execution to its end with --follow", async () => {
      await stack.say(succeeding);
      const { code, stdout } = await stack.restate(["status", "--follow", "--every", "0.1"]);
      equal(code, 0);
      match(stdout, /✓ RegisterDecisionTree 2\.0 s \(version 3 of restate-dev\)\n/);
    });

    it("finds an execution by its id or ARN, and suggests existing ones otherwise", async () => {
      await stack.say(succeeding);
      const id = "abcdefghijkl";
      const { stderr: first } = await stack.restate(["status", "unknown"]);
      match(
        first,
        /^error: the pipeline restate-dev has no execution unknown; the latest are [a-z0-9]{12}, /,
      );
      const other = `${stack.exports["pipelineArn"] ?? ""}-other/execution/${id}`;
      const { code, stderr } = await stack.restate(["status", other]);
      deepEqual(
        [code, stderr],
        [1, `error: ${other} is not an execution of the pipeline restate-dev\n`],
      );
    });
  });

  describe("retry", () => {
    it("continues a failed execution with a new token", async () => {
      await stack.say({ ...failing, frames: (failing.frames ?? []).slice(-1) });
      const { code, stderr, stdout } = await stack.restate(["retry"]);
      equal(code, 0, stderr);
      match(stdout, /^execution [a-z0-9]{12}: Executing\n$/);
      const call = (await stack.calls()).find(
        ({ operation }) => operation === "RetryPipelineExecution",
      );
      match(call?.request["ClientRequestToken"] as string, /^[0-9a-f-]{36}$/);
    });

    it("refuses an execution that succeeded", async () => {
      await stack.say({ ...succeeding, frames: (succeeding.frames ?? []).slice(-1) });
      const { code, stderr } = await stack.restate(["retry"]);
      equal(code, 1);
      match(
        stderr,
        /^error: execution [a-z0-9]{12} cannot be retried: it is Succeeded, but only failed and stopped executions can be\n$/,
      );
      ok(!(await operations()).includes("RetryPipelineExecution"));
    });
  });

  describe("stop", () => {
    it("stops a running execution", async () => {
      await stack.say({ ...succeeding, frames: (succeeding.frames ?? []).slice(0, 1) });
      const { code, stdout } = await stack.restate(["stop"]);
      equal(code, 0);
      match(stdout, /^execution [a-z0-9]{12}: Stopping\n$/);
      ok((await operations()).includes("StopPipelineExecution"));
    });

    it("refuses an execution that has ended", async () => {
      await stack.say({ ...succeeding, frames: (succeeding.frames ?? []).slice(-1) });
      const { code, stderr } = await stack.restate(["stop"]);
      equal(code, 1);
      match(stderr, /^error: execution [a-z0-9]{12} has already ended: Succeeded\n$/);
      ok(!(await operations()).includes("StopPipelineExecution"));
    });
  });
});
