import { deepEqual, equal, match, notEqual, ok, throws } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import {
  DescribeHyperParameterTuningJobCommand,
  ListTrainingJobsForHyperParameterTuningJobCommand,
} from "@aws-sdk/client-sagemaker";

import { isRunning, thisProcess } from "../../local/environments/processes";
import type { ExecutionDocument } from "../../local/records/executionDocument";
import { readDocument, readHead, writeDocument } from "../../local/records/executionFile";
import { findDocument, listHeads } from "../../local/records/executions";
import { latestJobSeconds } from "../../local/records/jobSeconds";
import { Recorder } from "../../local/records/recorder";
import { updateTrials } from "../../local/records/trials";
import { Workspace } from "../../local/records/workspace";
import { jobName, trialName, tuningJobName } from "../../local/execution/steps/jobNames";
import { trialsHeader } from "../../terminal/trialsCsv";
import { temporaryFolder } from "../support/localRun";
import { localWorld, sageMakerOf } from "../support/localWorld";

const arnPrefix = "arn:aws:sagemaker:us-east-1:111122223333";

/** The document of an execution with some trials, which has succeeded. */
function executionDocument(
  id: string,
  trials: number,
  more: Partial<ExecutionDocument> = {},
): ExecutionDocument {
  return {
    version: 2,
    process: thisProcess(),
    pipelineName: "Team",
    execution: {
      PipelineArn: `${arnPrefix}:pipeline/team`,
      PipelineExecutionArn: `${arnPrefix}:pipeline/team/execution/${id}`,
      PipelineExecutionStatus: "Succeeded",
      CreationTime: `2026-01-02T03:04:${id.length.toString().padStart(2, "0")}.000Z`,
      LastModifiedTime: "2026-01-02T03:05:05.000Z",
    },
    trialCount: trials,
    parameters: [{ Name: "Seed", Value: "7" }],
    steps: [
      {
        StepName: "Tune",
        StepType: "Tuning",
        StepStatus: "Succeeded",
        StartTime: "2026-01-02T03:04:05.000Z",
        EndTime: "2026-01-02T03:04:15.500Z",
        AttemptCount: 1,
        Properties: {
          HyperParameterTuningJobConfig: {
            HyperParameterTuningJobObjective: { Type: "Maximize", MetricName: "r2" },
          },
          TrainingJobDefinition: { StaticHyperParameters: { rounds: "20" } },
        },
      },
    ],
    trials: Array.from({ length: trials }, (_, number) => ({
      StepName: "Tune",
      Number: number,
      TrainingJobName: trialName(id, "Tune", number),
      TrainingJobArn: `${arnPrefix}:training-job/${trialName(id, "Tune", number)}`,
      CreationTime: "2026-01-02T03:04:06.000Z",
      TrainingJobStatus: "Completed",
      TunedHyperParameters: { eta: `0.${number}` },
      FinalHyperParameterTuningJobObjectiveMetric: { MetricName: "r2", Value: number / 10 },
      FinalMetricDataList: [{ MetricName: "r2", Value: number / 10 }],
      ObjectiveHistory: [number / 10],
      Seconds: 1.5,
      S3ModelArtifacts: `s3://bucket/${number}`,
      Log: `logs/${number}.log`,
    })),
    ...more,
  };
}

function put(workspace: Workspace, document: ExecutionDocument): string {
  const [id = ""] = document.execution.PipelineExecutionArn.split("/").slice(-1);
  const path = join(workspace.execution(id), "execution.json");
  writeDocument(path, document);
  return path;
}

/** Does something, and returns what it wrote to standard error. */
function stderrOf(work: () => void): string {
  const write = process.stderr.write.bind(process.stderr);
  let written = "";
  process.stderr.write = (text: string | Uint8Array): boolean => {
    written += String(text);
    return true;
  };
  try {
    work();
  } finally {
    process.stderr.write = write;
  }
  return written;
}

describe("the durations of jobs in a work folder", () => {
  it("are from the latest successful execution, with the mean of a tuning's trials, and without reused jobs", () => {
    const workspace = new Workspace(join(temporaryFolder(), "times"));
    equal(latestJobSeconds(workspace), undefined);
    const { steps, trials } = executionDocument("abc", 3);
    const split = { StepName: "Split", StepType: "Processing", StepStatus: "Succeeded" } as const;
    const times = { StartTime: "2026-01-02T03:04:05.000Z", EndTime: "2026-01-02T03:04:07.500Z" };
    put(
      workspace,
      executionDocument("abc", 3, {
        steps: [
          ...steps,
          { ...split, ...times },
          { ...split, ...times, StepName: "Reused", CacheHitResult: {} },
        ],
        trials: trials.map((one, number) => ({
          ...one,
          Seconds: number,
          ...(number === 2 ? { SourcePipelineExecution: "other" } : {}),
        })),
      }),
    );
    const { executionId: id, seconds } = latestJobSeconds(workspace) ?? {};
    equal(id, "abc");
    deepEqual(Object.fromEntries(seconds ?? []), { Tune: 0.5, Split: 2.5 });
  });
});

describe("the document of an execution", () => {
  const folder = temporaryFolder();

  it("is only read up to its first line for lists", () => {
    const workspace = new Workspace(join(folder, "head"));
    const path = put(workspace, executionDocument("abc", 2));
    const [first = "", ...rest] = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, [first, ...rest.map((line) => line.replaceAll(":", ";"))].join("\n"));
    equal(readHead(path)?.trialCount, 2);
    equal(readDocument(path), undefined);
  });

  it("is reported as damaged wherever it is truncated", () => {
    const path = put(new Workspace(join(folder, "cut")), executionDocument("abc", 3));
    const content = readFileSync(path, "utf8");
    for (const length of [0, 1, 100, content.indexOf("\n") + 1, content.length - 2]) {
      writeFileSync(path, content.slice(0, length));
      const warning = stderrOf(() => {
        equal(readHead(path), undefined);
      });
      equal(warning, `warning: ${path} is damaged, so it is skipped\n`);
    }
  });

  it("is reported as damaged if its JSON has another shape", () => {
    const path = join(folder, "shape.json");
    for (const content of ["[]", "null", '{"version":3}', '{"version":2}', '{"id":"a"}', '"x"']) {
      writeFileSync(path, content);
      equal(readDocument(path), undefined, content);
    }
  });

  it("of another version is named", () => {
    const workspace = new Workspace(join(folder, "other"));
    const path = put(workspace, executionDocument("abc", 0));
    writeFileSync(path, '{"id":"abc","status":"Succeeded"}');
    const said =
      "was written by another version of this program (use that version to see it, or delete its folder)";
    const warning = stderrOf(() => {
      deepEqual(listHeads(workspace), []);
    });
    equal(warning, `warning: ${path} ${said}, so it is skipped\n`);
    throws(() => findDocument(workspace, "abc"), {
      name: "UserError",
      message: `the record of the execution cannot be read: ${path} ${said}`,
    });
  });
});

describe("the executions of a work folder", () => {
  const folder = temporaryFolder();

  it("do not vanish if a document is missing: it is named", () => {
    const workspace = new Workspace(join(folder, "missing"));
    put(workspace, executionDocument("abc", 0));
    rmSync(put(workspace, executionDocument("gone", 0)));
    const warning = stderrOf(() => {
      equal(listHeads(workspace).length, 1);
    });
    equal(
      warning,
      `warning: ${join(workspace.execution("gone"), "execution.json")} is missing, so its ` +
        "execution is skipped; remove the folder if you no longer need it\n",
    );
  });

  it("are shown as stopped, with their steps, if their process is gone", () => {
    const workspace = new Workspace(join(folder, "dead"));
    const dead = { ...thisProcess(), started: "earlier" };
    const { execution, steps, trials, ...rest } = executionDocument("abc", 2);
    const [step] = steps;
    const [first, second] = trials;
    put(workspace, {
      ...rest,
      process: dead,
      execution: { ...execution, PipelineExecutionStatus: "Executing" },
      steps: step === undefined ? [] : [{ ...step, StepStatus: "Executing", EndTime: undefined }],
      trials: [first, second && { ...second, TrainingJobStatus: "InProgress" as const }].flatMap(
        (one) => one ?? [],
      ),
    });
    const document = findDocument(workspace, "abc");
    deepEqual(
      [
        document?.execution.PipelineExecutionStatus,
        document?.steps[0]?.StepStatus,
        ...(document?.trials.map((one) => one.TrainingJobStatus) ?? []),
      ],
      ["Stopped", "Stopped", "Completed", "Stopped"],
    );
  });

  it("are shown as failed, with their steps as stopped, by an error of this program", () => {
    const workspace = new Workspace(join(folder, "error"));
    const { execution } = executionDocument("abc", 0);
    const recorder = new Recorder(workspace.execution("abc"), arnPrefix, {
      pipelineName: "Team",
      parameters: [],
      execution,
    });
    const step = { name: "Split", type: "Processing", status: "Executing" } as const;
    recorder.note({ kind: "step", step });
    recorder.fail("why");
    const { execution: failed, steps } = findDocument(workspace, "abc") ?? {};
    deepEqual(
      [failed?.PipelineExecutionStatus, failed?.FailureReason, steps?.[0]?.StepStatus],
      ["Failed", "why", "Stopped"],
    );
    ok(steps?.[0]?.EndTime);
  });

  it("name the training jobs that were stopped with their tuning", async () => {
    const workspace = new Workspace(join(folder, "stopped"));
    const { execution, steps } = executionDocument("abc", 0);
    const [step] = steps;
    const { PipelineExecutionStatus, LastModifiedTime, ...begun } = execution;
    deepEqual([PipelineExecutionStatus, LastModifiedTime.length], ["Succeeded", 24]);
    const recorder = new Recorder(workspace.execution("abc"), arnPrefix, {
      pipelineName: "Team",
      parameters: [],
      execution: begun,
    });
    const name = tuningJobName("abc", "Tune");
    const properties = { ...step?.Properties, HyperParameterTuningJobName: name };
    const noted = (status: "Executing" | "Stopped"): void => {
      recorder.note({ kind: "step", step: { name: "Tune", type: "Tuning", status, properties } });
    };
    noted("Executing");
    const trial = { step: "Tune", number: 0, trainingJobName: "job", hyperparameters: {} };
    recorder.note({ kind: "trialBegins", trial });
    noted("Stopped");
    const result = [{ name: "Tune", type: "Tuning", status: "Stopped" }] as const;
    recorder.end({ status: "Stopped", steps: result });
    const client = sageMakerOf(localWorld(workspace.folder));
    const HyperParameterTuningJobName = name;
    const { TrainingJobSummaries: [job] = [] } = await client.send(
      new ListTrainingJobsForHyperParameterTuningJobCommand({ HyperParameterTuningJobName }),
    );
    deepEqual([job?.TrainingJobName, job?.TrainingJobStatus], ["job", "Stopped"]);
    ok(job?.TrainingEndTime instanceof Date);
    const { TrainingJobStatusCounters: counters } = await client.send(
      new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName }),
    );
    deepEqual([counters?.InProgress, counters?.Stopped], [0, 1]);
  });
});

describe("the table of all trials", () => {
  const folder = temporaryFolder();
  const workspace = new Workspace(folder);
  const ids = (): readonly string[] =>
    readFileSync(workspace.trials, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(0, line.indexOf(",")));
  const whole = ["execution", "a", "a", "bb", "bb", "bb"];

  before(() => {
    put(workspace, executionDocument("a", 2));
    put(workspace, executionDocument("bb", 3));
    put(workspace, executionDocument("ccc", 0));
  });

  const faults: readonly (readonly [string, (content: string) => string | undefined])[] = [
    ["is missing", () => undefined],
    ["is cut off in a line", (content) => content.slice(0, -20)],
    ["lacks the trials of an execution", () => `${trialsHeader}\n`],
    ["has trials twice", (content) => content + content.slice(content.indexOf("\n") + 1)],
    ["has those of an execution that is gone", (content) => `${content}zz,Tune,0,,,,,,,,\n`],
    ["is of another form", (content) => content.replace("execution,", "run,")],
    [
      "has half a line, to which another was glued",
      (content) => content.replace(",s3://bucket/0\n", ""),
    ],
  ];
  for (const [what, change] of faults) {
    it(`is rewritten if it ${what}`, () => {
      updateTrials(workspace);
      const content = readFileSync(workspace.trials, "utf8");
      deepEqual(ids(), whole);
      const changed = change(content);
      if (changed === undefined) {
        rmSync(workspace.trials);
      } else {
        notEqual(changed, content);
        writeFileSync(workspace.trials, changed);
      }
      updateTrials(workspace);
      equal(readFileSync(workspace.trials, "utf8"), content);
    });
  }
});

describe("the identity of a process", () => {
  it("distinguishes it from a later process with the same id, or says that it cannot", () => {
    const own = thisProcess();
    equal(isRunning(own), true);
    equal(isRunning({ ...own, started: "1" }), false);
    equal(isRunning({ ...own, machine: "another boot" }), undefined);
    equal(isRunning({ id: own.id }), undefined);
    const { pid } = spawnSync(process.execPath, ["--version"]);
    equal(isRunning({ ...own, id: pid }), false);
  });
});

describe("the lock of a work folder", () => {
  const folder = temporaryFolder();
  const nothing = (): void => undefined;

  it("is shared by the runs of one process, and denied to others", async () => {
    const workspace = new Workspace(join(folder, "shared"));
    let opened = 0;
    const opens = (): Promise<void> => Promise.resolve(void (opened += 1));
    const [first, second] = await Promise.all([
      workspace.lock(() => undefined, { opened: opens }),
      workspace.lock(() => undefined, { opened: opens }),
    ]);
    equal(opened, 1);
    const other = new Workspace(workspace.folder);
    await first();
    await other.lock(nothing).then(
      () => {
        throw new Error("taken");
      },
      (error: unknown) => {
        match((error as Error).message, /^another local run is using .*; wait for it to end$/);
      },
    );
    await second();
    equal(existsSync(join(workspace.folder, "lock-holder")), false);
    await (
      await other.lock(nothing)
    )();
  });

  it("is taken by one of those that ask at the same time", async () => {
    const place = join(folder, "raced");
    const asked = Array.from({ length: 4 }, () => new Workspace(place).lock(nothing));
    const answers = await Promise.allSettled(asked);
    const taken = answers.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    equal(taken.length, 1);
    await taken[0]?.();
  });

  it("of a killed process is released, even if its clock was ahead, and says what it waits for", async () => {
    const workspace = new Workspace(join(folder, "ahead"));
    const lock = join(workspace.folder, "lock");
    mkdirSync(lock, { recursive: true });
    const ahead = new Date(Date.now() + 3_600_000);
    utimesSync(lock, ahead, ahead);
    const dead = { ...thisProcess(), started: "earlier" };
    writeFileSync(join(workspace.folder, "lock-holder"), JSON.stringify(dead));
    const said: string[] = [];
    const unlock = await workspace.lock(nothing, { say: (line) => said.push(line) });
    deepEqual(said, [`waiting for the lock of a run that was killed: ${lock}`]);
    equal(statSync(lock).isDirectory(), true);
    await unlock();
  });
});

describe("the names of jobs", () => {
  it("match the service's patterns, and differ between steps", () => {
    const id = "abcdefghijkl";
    equal(jobName(id, "Train_all"), "abcdefghijkl-Train-all");
    equal(trialName(id, "TuneXGBoost", 8), "abcdefghijkl-TuneXGBoost-009");
    const long = "a".repeat(63);
    const names = [jobName(id, `${long}b`), jobName(id, `${long}c`), tuningJobName(id, `${long}b`)];
    equal(new Set(names).size, 3);
    for (const name of names) {
      match(name, /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
    }
    equal(tuningJobName(id, `${long}b`).length, 32);
  });
});
