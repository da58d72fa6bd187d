import { existsSync, readFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

import type { JsonObject } from "../../pipeline/expressions";
import { isObject, objects, text } from "../../pipeline/walk";
import { hashCode, hashContent, hashJson } from "../contentHash";
import { type Execution, makeJobFolder } from "../execution";
import { writeJson } from "../files";
import { failureReason } from "../jobFailure";
import { type Job, type JobResult, JobRunner } from "../jobs";
import { pythonPath } from "../python";
import type { CandidateSummary } from "../summary";

/** Parts of the rows, in the order in which a model meets them. */
export const splits = ["train", "validation", "test"] as const;

export type Split = (typeof splits)[number];

/** The metrics of a model on a split. MSE, RMSE and MAE are in the target's unit. */
export interface SplitMetrics {
  readonly r2: number;
  readonly mse: number;
  readonly rmse: number;
  readonly mae: number;
  /** Rows that they are of. */
  readonly rows: number;
  /** Whether the split has more rows. */
  readonly isPart: boolean;
}

/** How much a feature counts. */
export interface FeatureImportance {
  readonly name: string;
  /** How far R² falls where the feature's values are shuffled. */
  readonly fall: number;
}

/** A candidate's predictions of test rows: a member a row. Missing values are null. */
export interface Details {
  readonly actual: readonly (number | null)[];
  readonly predicted: readonly (number | null)[];
  /** Whether there are more test rows. */
  readonly isPart: boolean;
  readonly importance?: {
    /** Rows that it is measured on. */
    readonly rows: number;
    /** Greatest first. */
    readonly features: readonly FeatureImportance[];
  };
  /** Where the rows lie, in degrees, where the table says so. */
  readonly place?: {
    readonly longitude: readonly (number | null)[];
    readonly latitude: readonly (number | null)[];
  };
}

/** How well a candidate's best model predicts. */
export interface Diagnosis {
  /** The candidate's name. */
  readonly name: string;
  readonly splits: Readonly<Partial<Record<Split, SplitMetrics>>>;
  /** Of one candidate only: the winner, or else the best. */
  readonly details?: Details;
  /** Why something is missing. */
  readonly problem?: string;
}

/** What the job is told of a candidate: see diagnostics.py. */
interface CandidateRequest {
  readonly name: string;
  readonly model?: { readonly algorithm: string; readonly archive: string };
  readonly predictions?: string;
  readonly splits?: Readonly<Record<string, string>>;
}

interface DiagnosticsRequest {
  readonly candidates: readonly CandidateRequest[];
  readonly detailed: string | null;
  readonly features: readonly string[] | null;
}

/** The loader in evaluate.py of the models that a training module writes. */
const loaders: Readonly<Record<string, string>> = {
  decision_tree: "decision-tree",
  "local.images.xgboost_algorithm": "xgboost",
};

const root = resolve(__dirname, "..", "..");
const scripts = "pipeline/scripts";
const sources = [
  "local/report/diagnostics.py",
  `${scripts}/evaluate.py`,
  "container/decision_tree",
];

/** Seconds that it may take; it bounds its own work, so more means that something is wrong. */
const timeLimit = 600;

function object(value: unknown): JsonObject {
  return isObject(value as JsonObject) ? (value as JsonObject) : {};
}

/** The inputs of a finished step's job, S3 URIs by their names. */
function inputsOf(described: JsonObject): ReadonlyMap<string, string> {
  const training = object(described["TrainingJobDefinition"])["InputDataConfig"];
  return new Map([
    ...objects(training).map((channel): [string, string] => [
      text(channel["ChannelName"]),
      text(object(object(channel["DataSource"])["S3DataSource"])["S3Uri"]),
    ]),
    ...objects(described["ProcessingInputs"]).map((input): [string, string] => [
      text(input["InputName"]),
      text(object(input["S3Input"])["S3Uri"]),
    ]),
  ]);
}

/** S3 URIs of the outputs of all finished processing steps. */
function outputsOf(described: JsonObject | undefined): readonly string[] {
  const outputs = object(described?.["ProcessingOutputConfig"])["Outputs"];
  return objects(outputs).map((output) => text(object(output["S3Output"])["S3Uri"]));
}

/** The path of an object, if there is one. */
function find(execution: Execution, uri: string): string | undefined {
  return uri !== "" && execution.store.exists(uri) ? execution.store.path(uri) : undefined;
}

/** The path of a file in an output of a finished step, if there is one. */
function findOutput(
  execution: Execution,
  described: Iterable<JsonObject | undefined>,
  name: string,
): string | undefined {
  for (const one of described) {
    for (const uri of outputsOf(one)) {
      const path = find(execution, `${uri.replace(/\/$/, "")}/${name}`);
      if (path !== undefined) {
        return path;
      }
    }
  }
  return undefined;
}

/** What there is to look at of a candidate; undefined where there is nothing. */
function requestOf(
  execution: Execution,
  candidate: CandidateSummary,
): CandidateRequest | undefined {
  const tuning = execution.described.get(candidate.tuningStep) ?? {};
  const evaluation = execution.described.get(candidate.evaluationStep ?? "") ?? {};
  const specification = object(object(tuning["TrainingJobDefinition"])["AlgorithmSpecification"]);
  const image = execution.images.find(text(specification["TrainingImage"]));
  const algorithm = loaders[image?.trainingModule ?? ""];
  const archive = find(execution, candidate.best?.modelArtifact ?? "");
  if (algorithm !== undefined && archive !== undefined) {
    const inputs = new Map([...inputsOf(evaluation), ...inputsOf(tuning)]);
    const paths = splits.flatMap((split) => {
      const path = find(execution, inputs.get(split) ?? "");
      return path === undefined ? [] : [[split, path] as const];
    });
    return {
      name: candidate.name,
      model: { algorithm, archive },
      splits: Object.fromEntries(paths),
    };
  }
  const predictions = findOutput(execution, [evaluation], "predictions.csv");
  return predictions === undefined ? undefined : { name: candidate.name, predictions };
}

/** The names of the features, where a step leaves a file of them. */
function featureNames(execution: Execution): readonly string[] | null {
  const path = findOutput(execution, execution.described.values(), "feature_names.json");
  if (path === undefined) {
    return null;
  }
  try {
    const names = JSON.parse(readFileSync(path, "utf8")) as unknown;
    return Array.isArray(names) ? names.map(String) : null;
  } catch {
    return null; // Some other file of that name.
  }
}

/** Replaces each path by the hash of its content, wherever it stands. */
async function hashed(value: unknown): Promise<unknown> {
  if (typeof value === "string" && existsSync(value)) {
    return hashContent(value);
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(async ([key, one]) => [key, await hashed(one)]);
    return Object.fromEntries((await Promise.all(entries)) as [string, unknown][]);
  }
  return value;
}

/** Runs a job, also where the execution has failed and its own runner takes none any more. */
async function runJob(jobs: JobRunner, job: Job): Promise<JobResult> {
  if (!jobs.isClosed) {
    return jobs.run(job);
  }
  const own = new JobRunner();
  try {
    return await own.run(job);
  } finally {
    await own.close();
  }
}

/** Looks at the candidates, or takes what was seen when all was the same. */
async function look(
  execution: Execution,
  request: DiagnosticsRequest,
): Promise<readonly Diagnosis[]> {
  const parts = { kind: "Diagnostics", request: await hashed(request) };
  const key = hashJson({ ...parts, code: await hashCode(sources) });
  const found = await execution.cache.find<readonly Diagnosis[]>(key, () => ({}));
  if (found !== undefined) {
    return found.value;
  }
  const folder = makeJobFolder(execution, "report-diagnostics");
  const [path, output] = ["request.json", "diagnostics.json"].map((name) =>
    join(folder.base, name),
  ) as [string, string];
  writeJson(path, { ...request, output });
  const result = await runJob(execution.jobs, {
    id: folder.name,
    program: { module: "local.report.diagnostics" },
    arguments: [path],
    workingDirectory: folder.base,
    environment: { PYTHONPATH: [...pythonPath, join(root, scripts)].join(delimiter) },
    log: folder.log,
    timeLimit,
  });
  if (result.exitCode !== 0) {
    const reason = failureReason(result, join(folder.base, "failure"), folder.log, timeLimit);
    return request.candidates.map(({ name }) => ({
      name,
      splits: {},
      problem: `the job that predicts failed: ${reason}`,
    }));
  }
  const diagnoses = JSON.parse(readFileSync(output, "utf8")) as readonly Diagnosis[];
  await execution.cache.keep(key, execution.id, diagnoses, {});
  return diagnoses;
}

/** Where the diagnoses of an execution are kept. */
export const diagnosticsPath = (folder: string): string => join(folder, "diagnostics.json");

/**
 * Looks at how well the candidates' best models predict train, validation and test rows, and closely at
 * one of them, for the report. Keeps it in the execution's folder.
 *
 * @param detailed name of the candidate to look at closely: the winner, or else the best
 */
export async function diagnose(
  execution: Execution,
  candidates: readonly CandidateSummary[],
  detailed: string | undefined,
): Promise<void> {
  const requests = candidates.flatMap((candidate) => requestOf(execution, candidate) ?? []);
  if (requests.length === 0) {
    return;
  }
  const request: DiagnosticsRequest = {
    candidates: requests,
    detailed: detailed ?? null,
    features: featureNames(execution),
  };
  writeJson(diagnosticsPath(execution.folder), await look(execution, request));
}
