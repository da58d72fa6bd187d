import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";

import type { PipelineDefinition } from "../pipeline/language/definition";
import { isObject } from "../pipeline/language/json";
import { type CandidateRecord, definitionIn, readRecord } from "../local/records/executions";
import type { Metrics } from "../local/records/metrics";
import { type DataReport, readDataReport } from "../local/records/dataReport";
import { readDocument } from "../local/records/documents";
import { lastLines } from "../local/environments/logs";
import {
  type Diagnoses,
  type DiagnosesDocument,
  diagnosesVersion,
  type Diagnosis,
  type Split,
  splits,
  type SplitMetrics,
} from "./diagnosis";
import { diagnosticsPath } from "./diagnostics";
import type { ReportedExecution, ReportedStep, ReportedTrial } from "./reported";
import { type Tuning, tunings } from "./tuningData";

/** Max lines of a log in the report. */
export const logLines = 30;

export interface LogEnd {
  /** Where the complete log is, for people. */
  readonly where: string;
  readonly end: string;
}

/** The data of a report. */
export interface ReportData {
  readonly record: ReportedExecution;
  readonly definition: PipelineDefinition;
  readonly candidates: readonly ReportCandidate[];
  readonly diagnoses: Diagnoses;
  /** What Preprocess reported about the rows; undefined if it is unknown. */
  readonly data: DataReport | undefined;
  /** The end of a step's log; undefined if it has none. */
  readonly logOf: (step: ReportedStep) => LogEnd | undefined;
}

/** A candidate, with its results so far. */
export interface ReportCandidate {
  readonly name: string;
  readonly tuning: Tuning;
  readonly best?: ReportedTrial;
  /** Duration of its tuning. */
  readonly seconds: number;
  readonly isWinner: boolean;
  readonly metrics: Readonly<Partial<Record<Split, ReportMetrics>>>;
  readonly diagnosis?: Diagnosis;
}

/** The metrics of a model on a split, except for R² in the target's unit. */
export type ReportMetrics = Pick<SplitMetrics, "mae" | "r2" | "rmse"> &
  Partial<Pick<SplitMetrics, "isPart" | "rows">> &
  Pick<
    Metrics,
    "crossValidation" | "predictionInterval" | "r2Interval" | "sampleWeight" | "segments"
  >;

/** Max drop of R² from train to test rows; with a larger one, a model is marked as over-fitted. */
export const maxGap = 0.1;

/** The drop of R² from train to test rows; undefined if either is unknown. */
export function gapOf({ metrics: { test, train } }: ReportCandidate): number | undefined {
  return test === undefined || train === undefined ? undefined : train.r2 - test.r2;
}

/** Test metrics are from the pipeline's own evaluation, which uses all test rows. */
function metricsOf(
  recorded: CandidateRecord | undefined,
  diagnosis: Diagnosis | undefined,
): ReportCandidate["metrics"] {
  return Object.fromEntries(
    splits.flatMap((split): [Split, ReportMetrics][] => {
      const seen = diagnosis?.splits[split];
      const evaluated = split === "test" ? recorded?.metrics : undefined;
      if (evaluated !== undefined) {
        const rows = evaluated.rows ?? (seen?.isPart === false ? seen.rows : undefined);
        return [[split, { ...evaluated, ...(rows === undefined ? {} : { rows }) }]];
      }
      return seen === undefined ? [] : [[split, seen]];
    }),
  );
}

/** The candidates of a definition, one for each tuning step. */
function candidatesOf(
  record: ReportedExecution,
  definition: PipelineDefinition,
  diagnoses: readonly Diagnosis[],
): readonly ReportCandidate[] {
  return tunings(definition, record.trials).map((tuning) => {
    const recorded = record.candidates.find(({ tuningStep }) => tuningStep === tuning.step);
    const name = recorded?.name ?? tuning.candidate;
    const diagnosis = diagnoses.find((one) => one.name === name);
    const step = record.steps.find((one) => one.name === tuning.step);
    return {
      name,
      tuning,
      seconds: recorded?.seconds ?? step?.seconds ?? 0,
      isWinner: record.winner?.name === name,
      metrics: metricsOf(recorded, diagnosis),
      ...(tuning.best === undefined ? {} : { best: tuning.best }),
      ...(diagnosis === undefined ? {} : { diagnosis }),
    };
  });
}

/** The log of a step's job, or of the last job of a tuning. */
function latestLog(folder: string, step: string): string | undefined {
  const all = existsSync(folder) ? readdirSync(folder).sort() : [];
  const own =
    all.find((name) => name === `${step}.log`) ??
    all.findLast((name) => name.replace(/^[^-]*-/, "").replace(/-\d+\.log$/, "") === step);
  return own === undefined ? undefined : join(folder, own);
}

/**
 * Reads the diagnostics of the candidates' models; empty, with a warning on standard error, if they are missing, damaged
 * or of another version.
 */
export function readDiagnoses(path: string): Diagnoses {
  if (!existsSync(path)) {
    return { candidates: [] };
  }
  const document = readDocument(path, z.unknown());
  if (document === undefined) {
    return { candidates: [] };
  }
  if (isObject(document) && document["version"] === diagnosesVersion) {
    return document as unknown as DiagnosesDocument;
  }
  process.stderr.write(
    `warning: ${path} has another version, so the report shows no predictions; a new run writes it again\n`,
  );
  return { candidates: [] };
}

/** The data of a report, from what is known of an execution. */
export function reportDataOf(
  record: ReportedExecution,
  definition: PipelineDefinition,
  diagnoses: Diagnoses,
  data: ReportData["data"],
  logOf: ReportData["logOf"],
): ReportData {
  const candidates = candidatesOf(record, definition, diagnoses.candidates);
  return { record, definition, candidates, diagnoses, data, logOf };
}

/**
 * Reads the records of an execution from its folder.
 * @throws UserError if its document or its definition is damaged or missing
 */
export function readReportData(folder: string): ReportData {
  const record = readRecord(join(folder, "execution.json"));
  const definition = definitionIn(folder, record.id);
  const logs = new Map(record.steps.map(({ log, name }) => [name, log]));
  const [diagnoses, data] = [readDiagnoses(diagnosticsPath(folder)), readDataReport(folder)];
  return reportDataOf(record, definition, diagnoses, data, ({ name }) => {
    const own = logs.get(name) ?? latestLog(join(folder, "logs"), name);
    const end = own === undefined ? "" : lastLines(own, logLines);
    return own === undefined || end === ""
      ? undefined
      : { where: `${relative(folder, own)}, in the execution’s folder`, end };
  });
}
