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
import { describeExecution } from "../sageMaker/executions";
import { type Candidate, type FullExecution, readExecution } from "../sageMaker/fullExecution";
import type { World } from "../sageMaker/world";
import { scriptWithImports } from "../pipeline/jobScripts";
import { type Diagnoses, type DiagnosesDocument, diagnosesVersion } from "./diagnosis";
import { type DiagnosticsRequest, diagnosticsRequest } from "./diagnosticsRequest";

const sources = [
  "report/analysis.py",
  "report/contributions.py",
  "report/diagnostics.py",
  ...[...scriptWithImports("evaluate").keys()].map((script) => `pipeline/scripts/${script}.py`),
  "container/decision_tree",
];

/** Max seconds of the job. It limits its own work, so more means that something is wrong. */
const timeLimit = 600;

/** Replaces each path in a value by the hash of the file's content; reads each file once. */
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

/** Runs a job, even if the execution has failed and its own runner no longer accepts jobs. */
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

/** Runs the diagnostics of the candidates in a job. */
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
 * Diagnoses candidates of which only the predictions of test rows are known, in the form that an evaluation writes: a
 * header, then actual and predicted values.
 *
 * @param predictions the contents of the files, by candidate
 * @param detailed the name of the candidate to analyse in detail: the winner, or else the best
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

/** The diagnostics of the candidates, cached by everything that they depend on. */
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

/** The path of an execution's diagnostics. */
export const diagnosticsPath = (folder: string): string => join(folder, "diagnostics.json");

/** The name of the candidate to analyse in detail: the winner, or else the best. */
export function detailedCandidate({
  candidates,
  winner,
}: Pick<FullExecution, "candidates" | "winner">): string | undefined {
  const score = ({ metrics }: Candidate): number => metrics?.r2 ?? -Infinity;
  return winner?.name ?? candidates.toSorted((left, right) => score(right) - score(left))[0]?.name;
}

/**
 * Measures how well the candidates' best models predict train, validation and test rows, analyses one of them in
 * detail, and stores the result in the execution's folder for the report.
 *
 * @param execution an execution on this machine whose steps have ended
 * @returns what is known of it: only its state still changes
 */
export async function diagnose(world: World, execution: Execution): Promise<FullExecution> {
  const [arn, pipelineName] = ["PipelineExecutionArn", "PipelineName"].map((name) =>
    execution.scope.execution.get(name),
  ) as [string, string];
  const full = await readExecution(world, await describeExecution(world, { arn, pipelineName }));
  const request = diagnosticsRequest(execution, full.candidates, detailedCandidate(full));
  if (request.candidates.length > 0) {
    const document: DiagnosesDocument = {
      version: diagnosesVersion,
      ...(await look(execution, request)),
    };
    writeJson(diagnosticsPath(execution.folder), document);
  }
  return full;
}
