import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

import { hashCode, hashContent, hashJson } from "../local/caching/contentHash";
import type { Execution } from "../local/execution/execution";
import { type JobFolder, makeJobFolder } from "../local/environments/jobFolder";
import { writeJson } from "../local/storage/files";
import { failureReason } from "../local/execution/steps/jobFailure";
import { type Job, type JobResult, JobRunner, type Jobs } from "../local/environments/jobs";
import { pythonPath, scriptsPath } from "../local/environments/python";
import type { CandidateSummary } from "../local/records/summary";
import { type Diagnoses, type DiagnosesDocument, diagnosesVersion } from "./diagnosis";
import { type DiagnosticsRequest, diagnosticsRequest } from "./diagnosticsRequest";

const scripts = "pipeline/scripts";
const sources = [
  "report/analysis.py",
  "report/contributions.py",
  "report/diagnostics.py",
  `${scripts}/evaluate.py`,
  "container/decision_tree",
];

/** Seconds that it may take; it bounds its own work, so more means that something is wrong. */
const timeLimit = 600;

/** Replaces each path by the hash of its content, wherever it stands; reads each once. */
async function hashed(
  value: unknown,
  known = new Map<string, Promise<string | undefined>>(),
): Promise<unknown> {
  if (typeof value === "string" && isAbsolute(value)) {
    const hash = known.get(value) ?? hashContent(value);
    known.set(value, hash);
    return hash;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(async ([key, one]) => [
      key,
      await hashed(one, known),
    ]);
    return Object.fromEntries((await Promise.all(entries)) as [string, unknown][]);
  }
  return value;
}

/** Runs a job, even if the execution has failed and its own runner takes none any more. */
async function runJob(jobs: Jobs, job: Job): Promise<JobResult> {
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

/** Looks at the candidates in a job. */
async function runDiagnostics(
  request: DiagnosticsRequest,
  folder: JobFolder,
  run: (job: Job) => Promise<JobResult>,
): Promise<{ readonly diagnoses: Diagnoses; readonly succeeded: boolean }> {
  const [path, output] = ["request.json", "diagnostics.json"].map((name) =>
    join(folder.base, name),
  ) as [string, string];
  writeJson(path, { ...request, output });
  const result = await run({
    id: folder.name,
    program: { module: "report.diagnostics" },
    arguments: [path],
    workingDirectory: folder.base,
    environment: { PYTHONPATH: [...pythonPath, scriptsPath].join(delimiter) },
    log: folder.log,
    timeLimit,
  });
  if (result.exitCode !== 0) {
    const reason = failureReason(result, join(folder.base, "failure"), folder.log, timeLimit);
    const candidates = request.candidates.map(({ name }) => ({
      name,
      splits: {},
      problem: `the prediction job failed: ${reason}`,
    }));
    return { diagnoses: { candidates }, succeeded: false };
  }
  const diagnoses = JSON.parse(readFileSync(output, "utf8")) as Diagnoses;
  return { diagnoses, succeeded: true };
}

/**
 * Looks at candidates of which only the predictions of test rows are known, as an evaluation leaves them: a header,
 * then what is actual and what is predicted.
 *
 * @param predictions the contents of the files, by candidate
 * @param detailed name of the candidate to look at closely: the winner, or else the best
 */
export async function diagnosePredictions(
  predictions: ReadonlyMap<string, Buffer>,
  detailed: string | undefined,
): Promise<Diagnoses> {
  const base = mkdtempSync(join(tmpdir(), "restate-report-"));
  const jobs = new JobRunner();
  try {
    const candidates = [...predictions].map(([name, content], index) => {
      const path = join(base, `predictions-${index}.csv`);
      writeFileSync(path, content);
      return { name, predictions: path };
    });
    const request = { candidates, detailed: detailed ?? null, features: null };
    const folder = { name: "report-diagnostics", base, log: join(base, "log") };
    return (await runDiagnostics(request, folder, (job) => jobs.run(job))).diagnoses;
  } finally {
    await jobs.close();
    rmSync(base, { recursive: true, force: true });
  }
}

/** Looks at the candidates, or takes what was seen when all was the same. */
async function look(execution: Execution, request: DiagnosticsRequest): Promise<Diagnoses> {
  const parts = { kind: "Diagnostics", request: await hashed(request) };
  const key = hashJson({ ...parts, code: await hashCode(sources) });
  const found = await execution.cache.find<Diagnoses>(key, () => ({}));
  if (found !== undefined) {
    return found.value;
  }
  const folder = makeJobFolder(execution, "report-diagnostics");
  const { diagnoses, succeeded } = await runDiagnostics(request, folder, (job) =>
    runJob(execution.jobs, job),
  );
  if (succeeded) {
    await execution.cache.keep(key, diagnoses, {});
  }
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
  const request = diagnosticsRequest(execution, candidates, detailed);
  if (request.candidates.length === 0) {
    return;
  }
  const document: DiagnosesDocument = {
    version: diagnosesVersion,
    ...(await look(execution, request)),
  };
  writeJson(diagnosticsPath(execution.folder), document);
}
