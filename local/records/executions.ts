import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { parseText } from "../../pipeline/language/parse";
import { UserError } from "../../errors/userError";
import { warnOnce } from "./documents";
import {
  type ExecutionDocument,
  executionId,
  type ExecutionHead,
  type StepDocument,
  type TrialDocument,
} from "./executionDocument";
import { defectOf, readDocument, readHead } from "./executionFile";
import type { Workspace } from "./workspace";

/** The path of an execution's document. */
export const recordPath = (folder: string): string => join(folder, "execution.json");

/** Whether an execution is unfinished, by its document. */
export function isUnderWay({ execution }: Pick<ExecutionHead, "execution">): boolean {
  return ["Executing", "Stopping"].includes(execution.PipelineExecutionStatus);
}

/** The summary of an execution whose process is gone, as stopped. */
function stoppedHead<Head extends ExecutionHead>(head: Head): Head {
  return { ...head, execution: { ...head.execution, PipelineExecutionStatus: "Stopped" } };
}

/** A training job of a tuning job that was stopped with it. */
export function stoppedTrial(trial: TrialDocument, end: string): TrialDocument {
  return {
    ...trial,
    TrainingEndTime: end,
    TrainingJobStatus: "Stopped",
    ObjectiveStatus: "Failed",
    Seconds: (Date.parse(end) - Date.parse(trial.TrainingStartTime ?? end)) / 1000,
  };
}

/** A step of an execution that is gone: one that was running has been stopped. */
export function stoppedStep(step: StepDocument, end?: string): StepDocument {
  return step.EndTime === undefined &&
    step.StepStatus !== "Failed" &&
    step.StepStatus !== "Succeeded"
    ? { ...step, StepStatus: "Stopped", EndTime: end }
    : step;
}

/** The document of an execution whose process is gone, with its steps and jobs as stopped. */
function stopped(document: ExecutionDocument): ExecutionDocument {
  const { LastModifiedTime: end } = document.execution;
  const trials = document.trials.map((trial) =>
    trial.TrainingJobStatus === "InProgress" ? stoppedTrial(trial, end) : trial,
  );
  return {
    ...stoppedHead(document),
    trialCount: trials.length,
    trials,
    steps: document.steps.map((step) => stoppedStep(step)),
  };
}

/** Summaries of a work folder's executions, latest first. */
export function listHeads(workspace: Workspace): readonly ExecutionHead[] {
  const folder = join(workspace.folder, "executions");
  if (!existsSync(folder)) {
    return [];
  }
  const heads = readdirSync(folder).flatMap((id): readonly ExecutionHead[] => {
    const path = recordPath(join(folder, id));
    if (!existsSync(path)) {
      if (statSync(join(folder, id)).isDirectory()) {
        warnOnce(
          `${path} is missing, so its execution is skipped; remove the folder if you no longer need it`,
        );
      }
      return [];
    }
    const head = readHead(path);
    return head === undefined
      ? []
      : [isUnderWay(head) && !workspace.isAlive(head.process) ? stoppedHead(head) : head];
  });
  return heads.sort((left, right) =>
    right.execution.CreationTime.localeCompare(left.execution.CreationTime),
  );
}

/** The document of an execution; undefined if it does not exist. */
export function findDocument(workspace: Workspace, id: string): ExecutionDocument | undefined {
  const path = recordPath(workspace.execution(id));
  return /^[\w-]+$/.test(id) && existsSync(path) ? documentAt(workspace, path) : undefined;
}

/** The full documents of a work folder's executions, latest first. @throws UserError if one is damaged */
export function listDocuments(workspace: Workspace): readonly ExecutionDocument[] {
  return listHeads(workspace).flatMap((head) => findDocument(workspace, executionId(head)) ?? []);
}

/** @throws UserError if the document is damaged */
function documentAt(workspace: Workspace, path: string): ExecutionDocument {
  const document = readDocument(path);
  if (document === undefined) {
    throw new UserError(`the record of the execution cannot be read: ${path} ${defectOf(path)}`);
  }
  return isUnderWay(document) && !workspace.isAlive(document.process)
    ? stopped(document)
    : document;
}

/** The path of an execution's definition. */
export const definitionPath = (folder: string): string => join(folder, "definition.json");

/** The definition in the folder of an execution; undefined if it is damaged or missing. */
export function findDefinition(folder: string): PipelineDefinition | undefined {
  const path = definitionPath(folder);
  return existsSync(path) ? parseText(readFileSync(path, "utf8")).definition : undefined;
}
