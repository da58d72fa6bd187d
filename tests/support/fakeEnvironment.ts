import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { Cache } from "../../local/caching/cache";
import type { Event, Execution } from "../../local/execution/execution";
import { type Job, JobError, type JobResult, type Jobs } from "../../local/environments/jobs";
import { findEarlierTuning } from "../../local/records/earlierTuning";
import { ModelRegistry } from "../../local/records/modelRegistry";
import { readDocument, readPropertyFile } from "../../local/records/propertyFiles";
import { Workspace } from "../../local/records/workspace";
import { Images } from "../../local/standins/images";
import { ObjectStore } from "../../local/storage/objectStore";
import type { PipelineDefinition } from "../../pipeline/language/definition";

/** What a job does: it gives its exit code, at once or later. */
export type Work = (job: Job) => number | Promise<number>;

/** The result of a job that is stopped while it runs. */
const stopped: JobResult = { exitCode: -15, seconds: 0, timedOut: false };

/** Runs jobs without processes: each does what a test says. */
export class FakeJobs implements Jobs {
  readonly parallelism = 8;
  /** The ids of the jobs that were begun, in their order. */
  readonly begun: string[] = [];
  private readonly running = new Map<string, (result: Promise<JobResult> | JobResult) => void>();
  isClosed = false;

  /** @param work what a job does. Default: it succeeds */
  constructor(private readonly work: Work = () => 0) {}

  run(job: Job): Promise<JobResult> {
    if (this.isClosed) {
      return Promise.reject(new JobError("stopped"));
    }
    if (job.signal?.aborted === true) {
      return Promise.resolve(stopped);
    }
    this.begun.push(job.id);
    return new Promise<JobResult>((resolve, reject) => {
      this.running.set(job.id, resolve);
      job.signal?.addEventListener("abort", () => {
        resolve(stopped);
      });
      void Promise.resolve(this.work(job)).then((exitCode) => {
        resolve({ exitCode, seconds: 0, timedOut: false });
      }, reject);
    }).finally(() => this.running.delete(job.id));
  }

  stop(id: string): void {
    this.running.get(id)?.(stopped);
  }

  close(): Promise<void> {
    this.isClosed = true;
    for (const end of [...this.running.values()]) {
      end(Promise.reject(new JobError("stopped")));
    }
    return Promise.resolve();
  }
}

/** A fake execution, and what it reported. */
export interface FakeExecution {
  readonly execution: Execution;
  readonly events: Event[];
}

/** An execution in a folder whose jobs a test runs. */
export function fakeExecution(
  folder: string,
  id: string,
  definition: PipelineDefinition,
  jobs: Jobs,
): FakeExecution {
  const arnPrefix = "arn:aws:sagemaker:us-east-1:111122223333";
  const store = new ObjectStore(join(folder, "s3"));
  const described: Execution["described"] = new Map();
  const events: Event[] = [];
  const own = join(folder, "executions", id);
  mkdirSync(own, { recursive: true });
  const tuner = {
    warmUp: () => undefined,
    open: () => Promise.resolve(0),
    ask: (_: string, trial: number) => Promise.resolve({ number: String(trial) }),
    tell: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return {
    events,
    execution: {
      id,
      arnPrefix,
      workFolder: folder,
      folder: own,
      described,
      queried: new Map(),
      scope: {
        parameters: new Map(),
        execution: new Map([
          ["PipelineArn", `${arnPrefix}:pipeline/team`],
          ["PipelineExecutionId", id],
        ]),
        steps: described,
        propertyFile: (step, name) =>
          readPropertyFile(definition, { described, store }, step, name),
        document: (uri) => readDocument(store, uri),
      },
      store,
      jobs,
      tuner,
      images: new Images("111122223333.dkr.ecr.us-east-1.amazonaws.com/restate-test:0"),
      tables: [],
      workGroups: [],
      cache: new Cache(join(folder, "cache"), store, id, true),
      registry: new ModelRegistry(join(folder, "models"), arnPrefix),
      findModel: () => undefined,
      earlierTuning: (name) => findEarlierTuning(new Workspace(folder), name),
      report: (event) => events.push(event),
    },
  };
}
