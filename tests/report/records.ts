import { join } from "node:path";

import type { StepResult, Trial } from "../../local/execution/execution";
import type { DataReport } from "../../local/records/dataReport";
import { writeDocument } from "../../local/records/executionFile";
import type { ExecutionRecord } from "../../local/records/executions";
import { writeFileAtomically, writeJson } from "../../local/storage/files";
import {
  type Baseline,
  type Comparison,
  diagnosesVersion,
  type Diagnosis,
} from "../../report/diagnosis";
import type { PipelineDefinition, Step } from "../../pipeline/language/definition";
import type { JsonObject } from "../../pipeline/language/json";
import { documentOf } from "./executionDocument";

/** A step of a definition, by what a test wants to say of it. */
export function step(name: string, more: object = {}): Step {
  return { Name: name, Type: "Processing", Arguments: {}, ...more } as Step;
}

/** A definition of steps. */
export function definitionOf(steps: readonly Step[]): PipelineDefinition {
  return { Version: "2020-12-01", Steps: steps };
}

/** A condition with branches. */
export function condition(
  name: string,
  ifSteps: readonly Step[],
  elseSteps: readonly Step[],
  more: JsonObject = {},
): Step {
  const args = { Conditions: [], IfSteps: ifSteps, ElseSteps: elseSteps };
  return step(name, { Type: "Condition", Arguments: args, ...more });
}

/** A tuning step with ranges, and an objective that is to be minimised or maximised. */
export function tuningStep(
  name: string,
  ranges: JsonObject,
  type: "Maximize" | "Minimize" = "Minimize",
): Step {
  return step(name, {
    Type: "Tuning",
    Arguments: {
      HyperParameterTuningJobConfig: {
        HyperParameterTuningJobObjective: { MetricName: "validation:rmse", Type: type },
        ParameterRanges: ranges,
      },
    },
  });
}

export function result(name: string, more: Partial<StepResult> = {}): StepResult {
  return { name, type: "Processing", status: "Succeeded", seconds: 1, ...more };
}

export function trial(
  number: number,
  objective: number | undefined,
  more: Partial<Trial> = {},
): Trial {
  return {
    step: "TuneTree",
    number,
    trainingJobName: `job-${number}`,
    status: objective === undefined ? "Failed" : "Completed",
    hyperparameters: {},
    objectiveMetric: "validation:rmse",
    ...(objective === undefined ? {} : { objective }),
    metrics: {},
    history: [],
    seconds: 1,
    log: "",
    ...more,
  };
}

export function record(more: Partial<ExecutionRecord> = {}): ExecutionRecord {
  return {
    id: "abcdefghijkl",
    status: "Succeeded",
    startTime: "2026-01-02T03:04:05.000Z",
    seconds: 12,
    parameters: {},
    steps: [],
    trials: [],
    candidates: [],
    ...more,
  };
}

/** Writes what an execution leaves in its folder, as far as a report reads it. */
export function writeRecords(
  folder: string,
  records: {
    readonly record: ExecutionRecord;
    readonly steps: readonly Step[];
    readonly diagnoses?: readonly Diagnosis[];
    readonly comparison?: Comparison;
    readonly baseline?: Baseline;
    readonly data?: DataReport;
    readonly logs?: Readonly<Record<string, string>>;
  },
): void {
  const { baseline, comparison, data, diagnoses, logs = {}, record: own, steps } = records;
  writeDocument(join(folder, "execution.json"), documentOf(own));
  writeJson(join(folder, "definition.json"), definitionOf(steps));
  if (diagnoses !== undefined) {
    const document = { version: diagnosesVersion, candidates: diagnoses, comparison, baseline };
    writeJson(join(folder, "diagnostics.json"), document);
  }
  if (data !== undefined) {
    writeJson(join(folder, "data_report.json"), data);
  }
  for (const [name, log] of Object.entries(logs)) {
    writeFileAtomically(join(folder, "logs", `${name}.log`), log);
  }
}
