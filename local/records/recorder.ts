import { existsSync, rmSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";

import type { Event, Properties, StepResult, Trial } from "../execution/execution";
import { thisProcess } from "../environments/processes";
import type { RunResult } from "../execution/scheduler";
import type { WriteOptions } from "../storage/files";
import { jobState, nameOf } from "../execution/steps/jobProperties";
import {
  type DescribedExecution,
  type ExecutionDocument,
  type ExecutionHead,
  executionId,
  type StepDocument,
  type TrialDocument,
  tuningJobOf,
} from "./executionDocument";
import { writeDocument } from "./executionFile";
import {
  findDocument,
  isUnderWay,
  listHeads,
  recordPath,
  stoppedStep,
  stoppedTrial,
} from "./executions";
import { stepMetadata } from "./stepMetadata";
import { updateTrials } from "./trials";
import type { Workspace } from "./workspace";

/** Max trials for which each writes the document; with more, writing would take longer than a trial. */
const fewTrials = 200;

/** Milliseconds between writes of the document for further trials. */
const trialInterval = 1000;

/** Maximum length of a failed step's reason in the API. Source: FailureReason of PipelineExecutionStep. */
const maxReason = 1024;

/** Maximum length of a failed execution's reason. Source: PipelineExecutionFailureReason. */
const maxExecutionReason = 1300;

/** A log's path relative to the execution's folder, so that a work folder can be moved. */
function fromFolder(folder: string, log: string): string {
  return isAbsolute(log) ? relative(folder, log) : log;
}

/** The start of a recorded execution. */
export type BegunExecution = Pick<
  ExecutionDocument,
  "authorization" | "clientRequestToken" | "inputs" | "parameters" | "pipelineName"
> & {
  readonly execution: Omit<DescribedExecution, "LastModifiedTime" | "PipelineExecutionStatus">;
};

/** Keeps the document of an execution up to date, in case its process is killed. */
export class Recorder {
  private readonly steps = new Map<string, StepDocument>();
  private readonly running = new Map<string, TrialDocument>();
  private readonly ended: TrialDocument[] = [];
  private status: ExecutionDocument["execution"]["PipelineExecutionStatus"] = "Executing";
  private readonly process = thisProcess();
  private written = 0;

  /**
   * @param folder the execution's folder
   * @param arnPrefix prefix of ARNs
   * @param earlier the document of an earlier attempt that continues now
   */
  constructor(
    private readonly folder: string,
    private readonly arnPrefix: string,
    private readonly begun: BegunExecution,
    earlier: Pick<ExecutionDocument, "steps" | "trials"> = { steps: [], trials: [] },
  ) {
    for (const step of earlier.steps) {
      this.steps.set(step.StepName, step);
    }
    this.ended.push(...earlier.trials);
  }

  /** Records the start of the execution. */
  begin(): void {
    this.write({});
  }

  /** Records that the execution is being stopped. */
  stopping(): void {
    this.status = "Stopping";
    this.write({}, { durable: false });
  }

  /** Records an event. */
  note(event: Event): void {
    switch (event.kind) {
      case "job":
        this.noteJob(event.step, event.properties);
        this.write({}, { durable: false });
        break;
      case "step":
        this.noteStep(event.step);
        this.write({}, { durable: false });
        break;
      case "trialBegins":
        this.running.set(event.trial.trainingJobName, this.runningTrial(event.trial));
        this.writeSoon();
        break;
      case "trial":
        this.noteTrial(event.trial);
        this.writeSoon();
        break;
      case "tuning":
    }
  }

  /** Records that the execution could not be run, for reasons outside of it. */
  fail(reason: string, status: "Failed" | "Stopped" = "Failed"): void {
    this.status = status;
    this.stopTrials();
    for (const [name, step] of this.steps) {
      this.steps.set(name, stoppedStep(step, new Date().toISOString()));
    }
    this.write({ execution: this.execution(reason) });
  }

  /** Records the result of the execution. */
  end(result: RunResult): void {
    this.status = result.status;
    this.write({
      execution: this.execution(result.failureReason),
      // In the order of the definition.
      steps: result.steps.flatMap(({ name }) => this.steps.get(name) ?? []),
    });
  }

  private noteJob(name: string, properties: Properties): void {
    const before = this.steps.get(name);
    if (before !== undefined) {
      const Metadata = stepMetadata(before.StepType, this.arnPrefix, properties, undefined);
      this.steps.set(name, { ...before, Metadata, Properties: properties });
    }
  }

  private noteStep(step: StepResult): void {
    const { attempts, failureReason, log, name, properties, reusedFrom, status, type } = step;
    const now = new Date().toISOString();
    const before = this.steps.get(name);
    if (status === "NotExecuted") {
      return;
    }
    const isEnd = status === "Failed" || status === "Stopped" || status === "Succeeded";
    const startTime = step.startTime ?? before?.StartTime ?? now;
    const own = properties ?? before?.Properties;
    const ended = { startTime, endTime: now, ...(failureReason && { failureReason }) };
    const Properties =
      own !== undefined && nameOf(type, own) !== undefined && isEnd && status !== "Succeeded"
        ? { ...own, ...jobState(type, { status, ...ended }) }
        : own;
    if (isEnd) {
      this.stopTrials(name);
    }
    const isRetry = before?.EndTime !== undefined && !isEnd;
    this.steps.set(name, {
      StepName: name,
      StepType: type,
      StepStatus: status,
      StartTime: startTime,
      EndTime: isEnd ? now : undefined,
      AttemptCount: attempts ?? (before?.AttemptCount ?? 1) + (isRetry ? 1 : 0),
      FailureReason: failureReason?.slice(0, maxReason),
      CacheHitResult:
        reusedFrom === undefined
          ? undefined
          : { SourcePipelineExecutionArn: this.siblingArn(reusedFrom) },
      SelectiveExecutionResult: before?.SelectiveExecutionResult,
      Metadata: stepMetadata(type, this.arnPrefix, Properties, failureReason),
      Log: log === undefined ? undefined : fromFolder(this.folder, log),
      Properties,
    });
  }

  /** The ARN of another execution of the pipeline. */
  private siblingArn(id: string): string {
    return `${this.begun.execution.PipelineArn}/execution/${id}`;
  }

  private tuned(step: string, hyperparameters: Trial["hyperparameters"]): Record<string, string> {
    const { TrainingJobDefinition: definition } = tuningJobOf(this.steps.get(step));
    const fixed = definition?.StaticHyperParameters ?? {};
    return Object.fromEntries(
      Object.entries(hyperparameters).filter(([name, value]) => fixed[name] !== value),
    );
  }

  private runningTrial(
    trial: Pick<Trial, "hyperparameters" | "number" | "step" | "trainingJobName">,
  ): TrialDocument {
    const now = new Date().toISOString();
    return {
      StepName: trial.step,
      Number: trial.number,
      TrainingJobName: trial.trainingJobName,
      TrainingJobArn: `${this.arnPrefix}:training-job/${trial.trainingJobName}`,
      CreationTime: now,
      TrainingStartTime: now,
      TrainingJobStatus: "InProgress",
      TunedHyperParameters: this.tuned(trial.step, trial.hyperparameters),
      FinalMetricDataList: [],
      ObjectiveHistory: [],
      Seconds: 0,
      Log: `logs/${trial.trainingJobName}.log`,
    };
  }

  /** Records the running training jobs of a step that has ended, by default of all steps. */
  private stopTrials(step?: string): void {
    const now = new Date();
    for (const trial of [...this.running.values()].filter(
      (one) => step === undefined || one.StepName === step,
    )) {
      this.running.delete(trial.TrainingJobName);
      this.ended.push(stoppedTrial(trial, now.toISOString()));
    }
  }

  private noteTrial(trial: Trial): void {
    const running = this.running.get(trial.trainingJobName);
    this.running.delete(trial.trainingJobName);
    const start = trial.startTime ?? running?.CreationTime ?? new Date().toISOString();
    const end = new Date(Date.parse(start) + 1000 * trial.seconds).toISOString();
    this.ended.push({
      ...this.runningTrial(trial),
      CreationTime: running?.CreationTime ?? start,
      TrainingStartTime: start,
      TrainingEndTime: end,
      TrainingJobStatus: trial.status,
      FailureReason: trial.failureReason?.slice(0, maxReason),
      FinalHyperParameterTuningJobObjectiveMetric:
        trial.objective === undefined
          ? undefined
          : { MetricName: trial.objectiveMetric, Value: trial.objective },
      ObjectiveStatus: trial.objective === undefined ? "Failed" : "Succeeded",
      FinalMetricDataList: Object.entries(trial.metrics).map(([MetricName, Value]) => ({
        MetricName,
        Value,
        Timestamp: end,
      })),
      ObjectiveHistory: [...trial.history],
      Seconds: trial.seconds,
      S3ModelArtifacts: trial.modelArtifact,
      Log: fromFolder(this.folder, trial.log),
      Fault: trial.fault,
      SourcePipelineExecution: trial.reusedFrom,
    });
  }

  private execution(failureReason?: string): DescribedExecution {
    return {
      ...this.begun.execution,
      FailureReason: failureReason?.slice(0, maxExecutionReason),
      PipelineExecutionStatus: this.status,
      LastModifiedTime: new Date().toISOString(),
    };
  }

  /** Writes the document; with many trials, only at intervals. */
  private writeSoon(): void {
    const due = performance.now() - this.written > trialInterval;
    if (due || this.ended.length <= fewTrials) {
      this.write({}, { durable: false });
    }
  }

  private write(more: Partial<ExecutionDocument>, options?: WriteOptions): void {
    writeDocument(
      recordPath(this.folder),
      {
        version: 2,
        process: this.process,
        ...this.begun,
        execution: this.execution(),
        trialCount: this.ended.length,
        steps: [...this.steps.values()],
        trials: [...this.ended, ...this.running.values()],
        ...more,
      },
      options,
    );
    this.written = performance.now();
  }
}

/**
 * Ends the executions whose process was killed: their documents become Stopped, their trials are added to the table of all
 * trials, and their jobs' folders are deleted. Only the latest failed execution keeps the folder of its failed job. Requires
 * exclusive access to the folder.
 */
export function endKilled(workspace: Workspace): void {
  const heads = listHeads(workspace);
  const isFailed = ({ execution }: ExecutionHead): boolean =>
    execution.PipelineExecutionStatus === "Failed";
  const latestFailed = heads.find(isFailed);
  for (const head of heads.filter((one) => one !== latestFailed)) {
    const id = executionId(head);
    const folder = workspace.execution(id);
    const jobs = join(folder, "jobs");
    // A run that ended by itself deleted the folder, unless it failed.
    if (!isUnderWay(head) && existsSync(jobs)) {
      const document = isFailed(head) ? undefined : findDocument(workspace, id);
      if (document !== undefined) {
        writeDocument(recordPath(folder), document);
      }
      rmSync(jobs, { recursive: true, force: true });
    }
  }
  updateTrials(workspace);
}
