import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { listDocuments, recordPath } from "../../local/records/executions";
import { Workspace } from "../../local/records/workspace";
import { type ExecutionDocument, executionId } from "../../local/records/executionDocument";
import { readDocument } from "../../local/records/executionFile";
import { set } from "../support/definitions";
import { housingRows, writeRows } from "../support/housing";
import {
  cliScript,
  local,
  smallDefinition,
  temporaryFolder,
  writeDefinition,
} from "../support/localRun";

/** Of XGBoost, one after the other: there are some left when a signal arrives, however busy the machine is. */
const trials = 15;

/** What a file of /proc says; empty if its process is gone. */
function systemText(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

/** The processes whose environment holds a text: those that a run has started, and theirs. */
function marked(mark: string): readonly string[] {
  return readdirSync("/proc")
    .filter((id) =>
      systemText(() => readFileSync(join("/proc", id, "environ"), "utf8")).includes(mark),
    )
    .map((id) => systemText(() => readFileSync(join("/proc", id, "cmdline"), "utf8")));
}

/** The processes that a process has started. */
function childrenOf(id: number): readonly number[] {
  const text = systemText(() => readFileSync(`/proc/${id}/task/${id}/children`, "utf8"));
  return text.trim().split(/\s+/).filter(Boolean).map(Number);
}

/** The file that a process's standard output goes to. */
const logOf = (id: number): string => systemText(() => readlinkSync(`/proc/${id}/fd/1`));

const isLinux = process.platform === "linux";

describe("npm run local, after an interrupted run,", function () {
  const folder = temporaryFolder();
  const data = writeRows(join(folder, "housing.data"), housingRows(400));
  let definition: string;

  before(async function () {
    if (!isLinux) {
      this.skip(); // It finds the processes of a run in /proc.
    }
    const slow = await smallDefinition();
    const config = ["Steps", "TuneXGBoost", "Arguments", "HyperParameterTuningJobConfig"];
    set(slow, [...config, "ResourceLimits"], {
      MaxNumberOfTrainingJobs: trials,
      MaxParallelTrainingJobs: 1,
    });
    definition = writeDefinition(folder, slow);
  });

  const argumentsFor = (work: string): readonly string[] => [
    ...["--definition", definition, "--data", data, "--work-folder", work],
  ];

  /** The documents of a work folder as they are read, oldest first. */
  function documents(work: string): readonly ExecutionDocument[] {
    return listDocuments(new Workspace(work)).toReversed();
  }

  /** The document of the only execution. */
  function documentOf(work: string): ExecutionDocument {
    const [first] = documents(work);
    const document =
      first && readDocument(recordPath(join(work, "executions", executionId(first))));
    ok(document);
    return document;
  }

  /** Starts a run, and waits until it says something. */
  async function startUntil(
    work: string,
    said: string,
    ...options: readonly string[]
  ): Promise<{
    readonly child: ChildProcess;
    readonly mark: string;
    readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
  }> {
    const mark = `RESTATE_TEST_RUN=${work}`;
    const child = spawn(process.execPath, [...cliScript, ...argumentsFor(work), ...options], {
      env: { ...process.env, CI: "1", RESTATE_TEST_RUN: work },
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = new Promise<{ code: number | null; stderr: string }>((done) =>
      child.once("close", (code) => {
        done({ code, stderr });
      }),
    );
    await new Promise<void>((heard) => {
      child.stdout.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes(said)) {
          heard();
        }
      });
    });
    return { child, mark, ended };
  }

  async function untilGone(mark: string): Promise<void> {
    for (let tries = 0; marked(mark).length > 0; tries += 1) {
      ok(tries < 1200, marked(mark).join("\n"));
      await wait(100);
    }
  }

  /** Runs once more, and checks that it is a retry of the same execution, which keeps what had finished. */
  async function goesOn(work: string): Promise<void> {
    const [before, ...none] = documents(work);
    ok(before && none.length === 0);
    const left = documentOf(work);
    const { code, stderr, stdout } = await local([...argumentsFor(work), "--json"]);
    equal(code, 0, stderr);
    const finished = before.steps.filter(({ StepStatus }) => StepStatus === "Succeeded");
    ok(finished.some(({ StepName }) => StepName === "Preprocess"));
    match(
      stderr,
      new RegExp(
        `^continuing execution ${executionId(before)}, which was interrupted with ${finished.length} steps done$`,
        "m",
      ),
    );
    equal((JSON.parse(stdout) as { execution: string }).execution, executionId(before));
    const [after, ...others] = documents(work);
    ok(after && others.length === 0);
    equal(after.execution.PipelineExecutionStatus, "Succeeded");
    const [stepsBefore, stepsAfter] = [left, after].map((document) =>
      Object.fromEntries(document.steps.map((step) => [step.StepName, step.StartTime])),
    );
    for (const { StepName: name } of finished) {
      ok(stepsBefore?.[name] !== undefined);
      equal(stepsAfter?.[name], stepsBefore[name], name);
    }
    ok(String(stepsAfter?.["TuneXGBoost"]) > String(stepsBefore?.["TuneXGBoost"]));
    deepEqual(
      after.steps.filter(({ CacheHitResult }) => CacheHitResult !== undefined),
      [],
    );
    const completed = before.trials.filter((one) => one.TrainingJobStatus === "Completed");
    ok(completed.length >= 3 && completed.length < trials, String(completed.length));
    const startOf = (document: ExecutionDocument, job: string): string | undefined =>
      document.trials.find(({ TrainingJobName }) => TrainingJobName === job)?.TrainingStartTime;
    for (const { TrainingJobName: job } of completed) {
      // It was not trained again.
      ok(startOf(left, job) !== undefined);
      equal(startOf(after, job), startOf(left, job), job);
    }
    deepEqual(
      after.trials.filter((one) => one.SourcePipelineExecution !== undefined),
      [],
    );
    equal(after.trials.filter(({ StepName }) => StepName === "TuneXGBoost").length, trials);
    equal(after.trials.filter((one) => one.TrainingJobStatus !== "Completed").length, 0);
    const lines = readFileSync(join(work, "trials.csv"), "utf8").trimEnd().split("\n").slice(1);
    equal(lines.length, after.trials.length);
  }

  for (const [signal, expected, options, command] of [
    ["SIGINT", 130, [], "the same command"],
    ["SIGTERM", 143, ["--no-cache"], "the same command without --no-cache"],
  ] as const) {
    it(`ends everything that it started on ${signal}, and says how to continue`, async () => {
      const work = join(folder, signal);
      const { child, ended, mark } = await startUntil(work, "TuneXGBoost 3/", ...options);
      ok(marked(mark).length >= 3, "the run, and its servers");
      child.kill(signal);
      const { code, stderr } = await ended;
      equal(code, expected);
      deepEqual(marked(mark), []);
      const [document] = documents(work);
      equal(document?.execution.PipelineExecutionStatus, "Stopped");
      const states = new Map(document.steps.map((step) => [step.StepName, step.StepStatus]));
      deepEqual([states.get("TuneXGBoost"), states.get("EvaluateXGBoost")], ["Stopped", undefined]);
      const id = executionId(document);
      // Those that were running have been stopped; none has failed.
      deepEqual(
        document.trials.filter(
          ({ TrainingJobStatus: status }) => status !== "Completed" && status !== "Stopped",
        ),
        [],
      );
      match(
        stderr,
        new RegExp(
          `^stopped: execution ${id}, with \\d of \\d+ steps and \\d+ trials done; ` +
            `run ${command} to continue it\\n$`,
        ),
      );
      equal(existsSync(join(work, "executions", id, "jobs")), false);
      equal(existsSync(join(work, "models")), false);
      const { stdout } = await local(["runs", "--work-folder", work, "--json"]);
      deepEqual(
        (JSON.parse(stdout) as { status: string }[]).map(({ status }) => status),
        ["Stopped"],
      );
      const report = readFileSync(join(work, "report", "index.html"), "utf8");
      match(report, /The run was stopped/);
      match(report, /■ Stopped/);
    });
  }

  it("continues an execution that was stopped", async () => {
    await goesOn(join(folder, "SIGINT"));
  });

  it("continues the execution of a killed process", async () => {
    const work = join(folder, "killed");
    const { child, ended, mark } = await startUntil(work, "TuneXGBoost 4/");
    child.kill("SIGKILL");
    await ended;
    await untilGone(mark);
    equal(documentOf(work).execution.PipelineExecutionStatus, "Executing");
    const [document] = documents(work);
    equal(document?.execution.PipelineExecutionStatus, "Stopped");
    await goesOn(work);
    equal(existsSync(join(work, "executions", executionId(document), "jobs")), false);
  });

  it("records a trial whose job was killed, continues, and repeats it next time", async () => {
    const work = join(folder, "job");
    let isOver = false;
    const ended = local([...argumentsFor(work), "--quiet"]).finally(() => (isOver = true));
    let trial: number | undefined;
    const isRunning = (): boolean => !isOver;
    while (trial === undefined && isRunning()) {
      await wait(5);
      // Jobs are children of this process's servers.
      trial = childrenOf(process.pid)
        .flatMap(childrenOf)
        .find((id) => logOf(id).includes("-TuneXGBoost-"));
    }
    ok(trial !== undefined, "it has ended without a trial");
    process.kill(trial, "SIGKILL");
    equal((await ended).code, 0);
    const failedTrials = (document: ExecutionDocument | undefined): ExecutionDocument["trials"] =>
      document?.trials.filter((one) => one.TrainingJobStatus === "Failed") ?? [];
    const [failed, ...others] = failedTrials(documents(work)[0]);
    deepEqual(others, []);
    match(failed?.FailureReason ?? "", /^killed by SIGKILL/);

    const { code, stderr } = await local([...argumentsFor(work), "--quiet"]);
    equal(code, 0, stderr);
    const again = documents(work)[1]?.trials.filter(
      ({ StepName }) => StepName === failed?.StepName,
    );
    equal(again?.find((one) => one.Number === failed?.Number)?.TrainingJobStatus, "Completed");
  });
});
