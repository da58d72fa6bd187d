import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { type Job, type JobResult, JobRunner } from "../../local/environments/jobs";
import type { Program } from "../../offline/program";
import { Workspace } from "../../local/records/workspace";
import type { SessionOptions } from "../../local/execution/options";
import { runSession, type Session } from "../../local/execution/session";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { text } from "../support/json";
import { at, type Draft, draft, program as evaluate } from "../support/definitions";
import { housingRows, writeRows } from "../support/housing";
import { temporaryFolder } from "../support/localRun";

/** Kills Data Wrangler's first job while Spark commits: one file is in place, the others are not. */
class FirstAttemptDies extends JobRunner {
  attempts = 0;

  override async run(job: Job): Promise<JobResult> {
    const result = await super.run(job);
    if (job.id !== "DataWranglerProcess" || ++this.attempts > 1) {
      return result;
    }
    const output = join(job.workingDirectory, "processing", "output");
    const [name = ""] = readdirSync(output);
    const [node = ""] = readdirSync(join(output, name));
    const folder = join(output, name, node, "default");
    const temporary = join(folder, "_temporary", "0");
    mkdirSync(temporary, { recursive: true });
    const [, second = ""] = readdirSync(folder).filter((file) => file.startsWith("part-"));
    renameSync(join(folder, second), join(temporary, second));
    rmSync(join(folder, "_SUCCESS"));
    return { ...result, exitCode: -9 };
  }
}

describe("Data Wrangler's step and the step that reads its output", () => {
  const folder = temporaryFolder();
  const data = writeRows(join(folder, "housing.data"), housingRows(300));
  let program: Program;
  let definition: PipelineDefinition;

  before(async () => {
    // Of known data, so that its steps are taken from the cache.
    program = await evaluate({ dataFile: data }, "dev");
    const small: Draft = draft(program.definition);
    small["Steps"] = (small["Steps"] as Draft[]).filter(({ Type }) => Type === "Processing");
    small["Steps"] = (small["Steps"] as Draft[]).slice(0, 2);
    definition = small as unknown as PipelineDefinition;
  });

  async function run(
    work: string,
    instances: number,
    jobs = new JobRunner(),
    change: Partial<SessionOptions> = {},
  ): Promise<Session> {
    try {
      return await runSession({
        ...{ program, definition, cache: true, jobs, docker: false },
        parameters: new Map([["ProcessingInstanceCount", String(instances)]]),
        workspace: new Workspace(join(folder, work)),
        data: { path: data, named: "--data" },
        stopped: new AbortController().signal,
        report: () => undefined,
        say: () => undefined,
        ...change,
      });
    } finally {
      await jobs.close();
    }
  }

  const bucketOf = ({ execution }: Session): string =>
    join(execution.store.folder, "sagemaker-restate-dev-111122223333", "executions", execution.id);

  /** What Data Wrangler left, with its jobs' names as their attempts' numbers. */
  function written(session: Session): readonly string[] {
    const output = join(bucketOf(session), "data-wrangler");
    const files = readdirSync(output, { recursive: true, withFileTypes: true });
    const first = `${session.executionId}-DataWranglerProcess`;
    const node = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
    return files
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(output.length + 1))
      .map((file) => file.replace(node, "NODE").replace(first, "JOB"))
      .sort();
  }

  /** What Preprocess made of it. */
  function splits(session: Session): Readonly<Record<string, string>> {
    const names = ["metadata/feature_names.json", "test", "train", "validation"];
    return Object.fromEntries(
      names.map((name) => {
        const path = join(bucketOf(session), name);
        const file =
          existsSync(path) && name.includes(".") ? path : join(path, readdirSync(path)[0] ?? "");
        return [name, readFileSync(file, "utf8")];
      }),
    );
  }

  it("exchange files below the job's name, one per instance", async () => {
    const one = await run("one", 1);
    equal(one.result.status, "Succeeded", one.result.failureReason);
    deepEqual(written(one), [
      "JOB/NODE/default/_SUCCESS",
      "JOB/NODE/default/part-00000-NODE-c000.csv",
    ]);
    const rows = Object.values(splits(one)).slice(1).join("").trimEnd().split("\n");
    ok(rows.length > 200 && rows.length < 300, String(rows.length));
    const three = await run("three", 3);
    deepEqual(written(three), [
      "JOB/NODE/default/_SUCCESS",
      ...[0, 1, 2].map((part) => `JOB/NODE/default/part-0000${part}-NODE-c000.csv`),
    ]);
    deepEqual(splits(three), splits(one));
  });

  it("have the same result after an attempt that died while writing, whose files remain", async () => {
    const jobs = new FirstAttemptDies();
    const session = await run("dies", 2, jobs);
    equal(jobs.attempts, 2);
    equal(session.result.status, "Succeeded", session.result.failureReason);
    deepEqual(written(session), [
      "JOB-2/NODE/default/_SUCCESS",
      "JOB-2/NODE/default/part-00000-NODE-c000.csv",
      "JOB-2/NODE/default/part-00001-NODE-c000.csv",
      "JOB/NODE/default/_temporary/0/part-00001-NODE-c000.csv",
      "JOB/NODE/default/part-00000-NODE-c000.csv",
    ]);
    const described = session.execution.described;
    const name = `${session.executionId}-DataWranglerProcess-2`;
    equal(described.get("DataWranglerProcess")?.["ProcessingJobName"], name);
    const uri = text(
      at(described.get("Preprocess"), "ProcessingInputs", 1, "S3Input", "S3Uri") as string,
    );
    equal(uri.split(`/${name}/`)[1]?.replace(/^[^/]*/, "NODE"), "NODE/default/");
    deepEqual(splits(session), splits(await run("lives", 2)));
  });

  it("are reused together by a later execution, under the name of the job that ran", async () => {
    const first = await run("again", 1);
    const jobs = new FirstAttemptDies();
    const second = await run("again", 1, jobs);
    equal(jobs.attempts, 0);
    deepEqual(
      second.result.steps.map(({ reusedFrom }) => reusedFrom),
      [first.executionId, first.executionId],
    );
    const job = `${first.executionId}-DataWranglerProcess`;
    deepEqual(readdirSync(join(bucketOf(second), "data-wrangler")), [job]);
    deepEqual(splits(second), splits(first));
    // What reads it anew finds it.
    const third = await run("again", 1, new JobRunner(), { cache: false });
    deepEqual(splits(third), splits(first));
  });

  it("read the table through a query into one of SageMaker's temporary tables", async () => {
    const { execution, result } = await run("table", 1);
    equal(result.status, "Succeeded", result.failureReason);
    const log = readFileSync(
      join(execution.folder, "logs", "DataWranglerProcess-athena.log"),
      "utf8",
    );
    match(
      log,
      /^CREATE TABLE sagemaker_processing\.sagemaker_tmp_[0-9a-f]{16} WITH \(external_location = 's3:\/\/sagemaker-restate-dev-111122223333\/athena\/', format = 'PARQUET', write_compression = 'SNAPPY'\) AS\nSELECT /,
    );
  });

  it("fail if the workgroup enforces its own location, whatever ran before", async () => {
    deepEqual(program.workGroups, [{ name: "restate-dev", enforcesConfiguration: false }]);
    const workGroups = [{ name: "restate-dev", enforcesConfiguration: true }];
    const { result } = await run("table", 1, new JobRunner(), {
      program: { ...program, workGroups },
    });
    equal(result.status, "Failed");
    match(
      result.failureReason ?? "",
      /^the Athena query failed: InvalidRequestException: workgroup restate-dev: .*'external_location'/,
    );
  });
});
