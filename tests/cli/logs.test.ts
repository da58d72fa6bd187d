import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { deepEqual, equal, match } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";

import { failing, succeeding } from "./scenarios";
import { DeployedStack, restateScript } from "./stack";

describe("npm run restate -- logs", () => {
  const stack = new DeployedStack();
  let logs: CloudWatchLogsClient;
  const written = new Set<string>();
  const children: ChildProcess[] = [];

  /** Writes lines into the log of a job, as one of its hosts does. */
  const write = async (
    kind: "Processing" | "Training",
    stream: string,
    lines: readonly string[],
  ): Promise<void> => {
    const logGroupName = `/aws/sagemaker/${kind}Jobs`;
    if (!written.has(stream)) {
      written.add(stream);
      await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: stream }));
    }
    await logs.send(
      new PutLogEventsCommand({
        logGroupName,
        logStreamName: stream,
        logEvents: lines.map((message) => ({ timestamp: Date.now(), message })),
      }),
    );
  };

  before(async () => {
    await stack.start();
    await stack.say({});
    await stack.restate(["start"]);
    logs = new CloudWatchLogsClient(stack.client());
    // TransformJobs is missing: SageMaker makes a group when the first job writes.
    for (const kind of ["Processing", "Training"]) {
      await logs.send(new CreateLogGroupCommand({ logGroupName: `/aws/sagemaker/${kind}Jobs` }));
    }
    await write("Processing", "evaluate-1/algo-1-170", ["reading the model", "Error: no rows"]);
    await write("Processing", "evaluate-10/algo-1-170", ["another job"]);
    await write("Training", "tree-1/algo-1-170", ["tree one"]);
    await write("Training", "tree-2/algo-1-170", ["tree two", "MemoryError"]);
    await write("Training", "tree-3/algo-1-170", ["tree three"]);
    await write("Processing", "denied/algo-1-170", [
      "Error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/restate-dev-processing/SageMaker is " +
        "not authorized to perform: glue:CreateDatabase on resource: arn:aws:glue:us-east-1:111122223333:catalog " +
        "because no identity-based policy allows the glue:CreateDatabase action",
    ]);
    await write("Training", "byhand/algo-1-170", ["host one"]);
    await write("Training", "byhand/algo-2-170", ["host two"]);
  });
  after(() => {
    for (const child of children) {
      child.kill();
    }
    logs.destroy();
    stack.stop();
  });
  beforeEach(async () => {
    await stack.say({ ...failing, frames: (failing.frames ?? []).slice(-1) });
  });

  it("prints the log of a step's job, but not of a job whose name has the same prefix", async () => {
    const { code, stderr, stdout } = await stack.restate(["logs", "EvaluateDecisionTree"]);
    equal(code, 0, stderr);
    equal(stdout, "reading the model\nError: no rows\n");
  });

  it("shows the end of a failed step's log when the execution is watched", async () => {
    const { code, stderr } = await stack.restate(["status", "--follow", "--every", "0.1"]);
    equal(code, 1);
    match(
      stderr,
      /^error: step EvaluateDecisionTree failed: AlgorithmError: exit code 1\n {2}\| reading the model\n {2}\| Error: no rows\nlog: /,
    );
  });

  it("prints the logs of all trials of a tuning step, failed ones first", async () => {
    const { code, stderr, stdout } = await stack.restate(["logs", "TuneDecisionTree"]);
    equal(code, 0, stderr);
    deepEqual(stdout.trimEnd().split("\n"), [
      "==> tree-2 (trial 2, Failed) <==",
      ...["tree two", "MemoryError"],
      "==> tree-1 (trial 1, Completed) <==",
      "tree one",
      "==> tree-3 (trial 3, Completed) <==",
      "tree three",
    ]);
  });

  it("prints the log of a job from all its hosts, by the job's name", async () => {
    const { code, stderr, stdout } = await stack.restate(["logs", "byhand"]);
    equal(code, 0, stderr);
    equal(stdout, "host one\nhost two\n");
  });

  it("names the permission that a role lacks beside the log", async () => {
    const { stderr, stdout } = await stack.restate(["logs", "denied"]);
    match(stdout, /^Error AccessDeniedException/);
    match(
      stderr,
      /^missing permission: the role may not glue:CreateDatabase on arn:aws:glue:\S+:catalog /,
    );
  });

  it("reports a missing step or job, and a step without a log", async () => {
    const unknown = await stack.restate(["logs", "Nothing"]);
    equal(unknown.code, 1);
    match(
      unknown.stderr,
      /^error: Nothing is neither a step nor a job with a log; the steps are DataWranglerProcess, Preprocess, /,
    );
    equal(
      (await stack.restate(["logs", "TuneXGBoost"])).stderr,
      "error: step TuneXGBoost has no log, because it ran no job (Tuning, NotExecuted)\n",
    );
    equal(
      (await stack.restate(["logs", "DataWranglerProcess"])).stderr,
      "error: DataWranglerProcess has no log yet\n",
    );
  });

  it("follows a step to its end with --follow, and prints each line once", async () => {
    const [first] = succeeding.frames ?? [];
    const last = succeeding.frames?.at(-1);
    const running = first === undefined ? [] : [first];
    await stack.say({ ...succeeding, frames: running });
    const args = ["logs", "DataWranglerProcess", "--outputs", stack.outputs, "--follow"];
    const child = spawn(process.execPath, [...restateScript, ...args, "--every", "0.2"], {
      env: { ...process.env, ...stack.environment() },
    });
    children.push(child);
    let stdout = "";
    const sees = (line: string): Promise<void> =>
      new Promise((done) => {
        child.stdout.on("data", () => {
          if (stdout.includes(line)) {
            done();
          }
        });
      });
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    const ended = new Promise((done) => child.once("close", done));
    const began = sees("casting");
    await write("Processing", "wrangle-1/algo-1-170", ["reading the table", "casting"]);
    await began;
    const wrote = sees("written");
    await write("Processing", "wrangle-1/algo-1-170", ["written"]);
    await wrote;
    await stack.say({ ...succeeding, frames: last === undefined ? [] : [last] });
    equal(await ended, 0);
    equal(stdout, "reading the table\ncasting\nwritten\n");
  });
});
