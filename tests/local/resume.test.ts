import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { type ExecutionRecord, readRecord } from "../../local/records/executions";
import type { ExecutionDocument } from "../../local/records/executionDocument";
import { readDocument } from "../../local/records/executionFile";
import { at, type Draft } from "../support/definitions";
import { housingRows, writeRows } from "../support/housing";
import {
  cliScript,
  local,
  smallDefinition,
  temporaryFolder,
  writeDefinition,
} from "../support/localRun";

const trials = 30;

/** A process of this machine, out of /proc. */
interface Process {
  readonly id: number;
  readonly command: string;
}

function processes(): readonly Process[] {
  return readdirSync("/proc").flatMap((id): readonly Process[] => {
    try {
      const command = readFileSync(join("/proc", id, "cmdline"), "utf8").replaceAll("\0", " ");
      return /^\d+$/.test(id) && command !== "" ? [{ id: Number(id), command }] : [];
    } catch {
      return [];
    }
  });
}

/** The processes whose environment holds a text: those that a run has started, and theirs. */
function marked(mark: string): readonly Process[] {
  return processes().filter(({ id }) => {
    try {
      return readFileSync(`/proc/${id}/environ`, "utf8").includes(mark);
    } catch {
      return false;
    }
  });
}

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
    (at(slow, ...config, "ResourceLimits") as Draft)["MaxNumberOfTrainingJobs"] = trials;
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
  ): Promise<{
    readonly child: ChildProcess;
    readonly mark: string;
    readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
  }> {
    const mark = `RESTATE_TEST_RUN=${work}`;
    const child = spawn(process.execPath, [...cliScript, ...argumentsFor(work)], {
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
      ok(
        tries < 1200,
        marked(mark)
          .map(({ command }) => command)
          .join("\n"),
      );
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

  for (const [signal, expected] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`ends everything that it started on ${signal}, says how to continue, and continues`, async () => {
      const work = join(folder, signal);
      const { child, ended, mark } = await startUntil(work, "TuneXGBoost 3/");
      ok(marked(mark).length >= 3, "the run, and its servers");
      child.kill(signal);
      const { code, stderr } = await ended;
      equal(code, expected);
      deepEqual(marked(mark), []);
      const [record] = records(work);
      equal(record?.status, "Stopped");
      equal(record.steps.find(({ name }) => name === "TuneXGBoost")?.status, "Stopped");
      equal(record.steps.find(({ name }) => name === "EvaluateXGBoost")?.status, "NotExecuted");
      equal(record.trials.filter(({ status }) => status !== "Completed").length, 0);
      match(
        stderr,
        new RegExp(
          `^stopped: execution ${record.id}, with \\d of \\d+ steps and \\d+ trials done; ` +
            "run the same command to continue it\\n$",
        ),
      );
      equal(existsSync(join(work, "executions", record.id, "jobs")), false);
      await goesOn(work);
    });
  }

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
    const { child, ended, mark } = await startUntil(work, "TuneXGBoost 3/");
    // A job is a child of the server that all jobs come from.
    const isServer = ({ command }: Process): boolean =>
      command.includes("local.standins.jobs.server");
    const servers = marked(mark)
      .filter(isServer)
      .map(({ id }) => id);
    let killed = false;
    while (!killed && child.exitCode === null) {
      const [job] = marked(mark).filter(({ id }) => servers.includes(parentOf(id)));
      if (job !== undefined && isServer(job)) {
        process.kill(job.id, "SIGKILL");
        killed = true;
      }
      await wait(5);
    }
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

  function parentOf(id: number): number {
    try {
      const status = readFileSync(`/proc/${id}/status`, "utf8");
      return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
    } catch {
      return 0;
    }
  }
});
