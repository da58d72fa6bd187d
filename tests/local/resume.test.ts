import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { type ExecutionRecord, readRecord } from "../../local/records/executions";
import type { ExecutionDocument } from "../../local/records/executionDocument";
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

  function records(work: string): readonly ExecutionRecord[] {
    const executions = join(work, "executions");
    return readdirSync(executions)
      .map((id) => readRecord(join(executions, id, "execution.json")))
      .sort((left, right) => left.startTime.localeCompare(right.startTime));
  }

  /** The document of the only execution. */
  function documentOf(work: string): ExecutionDocument {
    const path = join(work, "executions", records(work)[0]?.id ?? "", "execution.json");
    const document = readDocument(path);
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
    const [before, ...none] = records(work);
    ok(before && none.length === 0);
    const left = documentOf(work);
    const { code, stderr, stdout } = await local([...argumentsFor(work), "--json"]);
    equal(code, 0, stderr);
    const finished = before.steps.filter(({ status }) => status === "Succeeded");
    ok(finished.some(({ name }) => name === "Preprocess"));
    match(
      stderr,
      new RegExp(
        `^continuing execution ${before.id}, which was interrupted with ${finished.length} steps done$`,
        "m",
      ),
    );
    equal((JSON.parse(stdout) as { execution: string }).execution, before.id);
    const [after, ...others] = records(work);
    ok(after && others.length === 0);
    equal(after.status, "Succeeded");
    const [stepsBefore, stepsAfter] = [left, documentOf(work)].map((document) =>
      Object.fromEntries(document.steps.map((step) => [step.StepName, step.StartTime])),
    );
    for (const { name } of finished) {
      ok(stepsBefore?.[name] !== undefined);
      equal(stepsAfter?.[name], stepsBefore[name], name);
    }
    ok(String(stepsAfter?.["TuneXGBoost"]) > String(stepsBefore?.["TuneXGBoost"]));
    deepEqual(
      after.steps.filter(({ reusedFrom }) => reusedFrom !== undefined),
      [],
    );
    const completed = before.trials.filter(({ status }) => status === "Completed");
    ok(completed.length >= 3 && completed.length < trials, String(completed.length));
    const startOf = (document: ExecutionDocument, job: string): string | undefined =>
      document.trials.find(({ TrainingJobName }) => TrainingJobName === job)?.TrainingStartTime;
    for (const { trainingJobName: job } of completed) {
      // It was not trained again.
      ok(startOf(left, job) !== undefined);
      equal(startOf(documentOf(work), job), startOf(left, job), job);
    }
    deepEqual(
      after.trials.filter(({ reusedFrom }) => reusedFrom !== undefined),
      [],
    );
    equal(after.trials.filter(({ step }) => step === "TuneXGBoost").length, trials);
    equal(after.trials.filter(({ status }) => status !== "Completed").length, 0);
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
      const [record] = records(work);
      equal(record?.status, "Stopped");
      equal(record.steps.find(({ name }) => name === "TuneXGBoost")?.status, "Stopped");
      equal(record.steps.find(({ name }) => name === "EvaluateXGBoost")?.status, "NotExecuted");
      // Those that were running have been stopped; none has failed.
      deepEqual(
        record.trials.filter(({ status }) => status !== "Completed" && status !== "Stopped"),
        [],
      );
      match(
        stderr,
        new RegExp(
          `^stopped: execution ${record.id}, with \\d of \\d+ steps and \\d+ trials done; ` +
            `run ${command} to continue it\\n$`,
        ),
      );
      equal(existsSync(join(work, "executions", record.id, "jobs")), false);
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
    equal(records(work)[0]?.status, "Stopped");
    await goesOn(work);
    equal(existsSync(join(work, "executions", records(work)[0]?.id ?? "", "jobs")), false);
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
    const [first] = records(work);
    const [failed, ...others] = first?.trials.filter(({ status }) => status === "Failed") ?? [];
    deepEqual(others, []);
    match(failed?.failureReason ?? "", /^killed by SIGKILL/);

    const { code, stderr } = await local([...argumentsFor(work), "--quiet"]);
    equal(code, 0, stderr);
    const again = records(work)[1]?.trials.filter(({ step }) => step === failed?.step);
    equal(again?.find(({ number }) => number === failed?.number)?.status, "Completed");
  });
});
