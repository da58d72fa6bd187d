import { existsSync } from "node:fs";
import { z } from "zod";

import { isObject } from "../pipeline/language/json";
import { type DataReport, readDataReport } from "../local/records/dataReport";
import { readDocument } from "../local/records/documents";
import type { Metrics } from "../sageMaker/metrics";
import type { Candidate, FullExecution } from "../sageMaker/fullExecution";
import { readObject, s3 } from "../sageMaker/objects";
import { logEnd } from "../sageMaker/stepJobs";
import type { World } from "../sageMaker/world";
import {
  type Diagnoses,
  type DiagnosesDocument,
  diagnosesVersion,
  type Diagnosis,
  type Split,
  type SplitMetrics,
} from "./diagnosis";
import { detailedCandidate, diagnosePredictions, diagnosticsPath } from "./diagnostics";
import { type Tuning, tuningOf } from "./tuningData";

/** Max lines of a log in the report. */
const logLines = 30;

/** The end of a log. */
interface LogEnd {
  readonly end: string;
  /** The command that prints all of it. */
  readonly command: string;
}

/** The data of a report. */
export interface ReportData {
  readonly execution: FullExecution;
  readonly candidates: readonly ReportCandidate[];
  readonly diagnoses: Diagnoses;
  /** What Preprocess reported about the rows; undefined if it is unknown. */
  readonly data?: DataReport | undefined;
  /** The ends of the logs of the steps that did not succeed, by step. */
  readonly logs: ReadonlyMap<string, LogEnd>;
}

/** A candidate, with its results so far. */
export interface ReportCandidate extends Pick<Candidate, "best" | "name" | "seconds"> {
  readonly tuning: Tuning;
  readonly isWinner: boolean;
  readonly metrics: Readonly<Partial<Record<Split, ReportMetrics>>>;
  readonly diagnosis?: Diagnosis | undefined;
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
  evaluated: Metrics | undefined,
  diagnosis: Diagnosis | undefined,
): ReportCandidate["metrics"] {
  const seen = diagnosis?.splits ?? {};
  const rows = seen.test?.isPart === false ? seen.test.rows : undefined;
  return evaluated === undefined
    ? seen
    : { ...seen, test: { ...evaluated, rows: evaluated.rows ?? rows } };
}

/** The data of a report, from what is known of an execution. */
export function reportDataOf(
  execution: FullExecution,
  diagnoses: Diagnoses,
  data: ReportData["data"],
  logs: ReportData["logs"],
): ReportData {
  const candidates = execution.candidates.map((candidate): ReportCandidate => {
    const { best, metrics, name, seconds } = candidate;
    const diagnosis = diagnoses.candidates.find((one) => one.name === name);
    return {
      ...{ name, best, seconds, diagnosis },
      tuning: tuningOf(candidate),
      isWinner: execution.winner?.name === name,
      metrics: metricsOf(metrics, diagnosis),
    };
  });
  return { execution, candidates, diagnoses, data, logs };
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

/** The note in a report of an execution in AWS. */
const testRowsOnly =
  "in AWS, only predictions of test rows are available, from the evaluation's results in S3";

/**
 * How well the candidates' models predict: on this machine from the run's analysis of models and rows, in AWS from what
 * the evaluations wrote to S3.
 */
async function diagnosesOf(world: World, execution: FullExecution): Promise<Diagnoses> {
  if (world.machine !== undefined) {
    return readDiagnoses(diagnosticsPath(world.machine.workspace.execution(execution.id)));
  }
  const predictions = new Map<string, Buffer>();
  const client = s3(world);
  for (const { evaluation, name } of execution.candidates) {
    const content = evaluation && (await readObject(client, `${evaluation.folder}predictions.csv`));
    if (content !== undefined) {
      predictions.set(name, content);
    }
  }
  if (predictions.size === 0) {
    return { candidates: [] };
  }
  const found = await diagnosePredictions(predictions, detailedCandidate(execution));
  const candidates = found.candidates.map((one) =>
    one.splits.test === undefined ? one : { ...one, problem: testRowsOnly },
  );
  return { ...found, candidates };
}

/** The ends of the logs of the steps that did not succeed, by step. */
async function logsOf(world: World, { id, steps }: FullExecution): Promise<ReportData["logs"]> {
  const ends = new Map<string, LogEnd>();
  for (const step of steps) {
    if (step.status === "Failed" || step.status === "Stopped") {
      const lines = await logEnd(world, step, logLines);
      if (lines.length > 0) {
        const command = world.command(`logs ${step.name} ${id}`);
        ends.set(step.name, { end: lines.join("\n"), command });
      }
    }
  }
  return ends;
}

/** Reads the data of an execution's report. */
export async function readReportData(world: World, execution: FullExecution): Promise<ReportData> {
  return reportDataOf(
    execution,
    await diagnosesOf(world, execution),
    world.machine && readDataReport(world.machine.workspace.execution(execution.id)),
    await logsOf(world, execution),
  );
}
