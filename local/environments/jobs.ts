import { availableParallelism, constants } from "node:os";

import { keepJob } from "./failedJob";
import { PythonService } from "./python";

/** A process to run. */
export interface Job {
  /** Unique among the jobs of a run. */
  readonly id: string;
  /** What to run: a Python module, or a script by its path. */
  readonly program: { readonly module: string } | { readonly script: string };
  readonly arguments: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** File for standard output and standard error. */
  readonly log: string;
  /** Time after which the job is stopped, in seconds. */
  readonly timeLimit: number;
  /**
   * Seconds between SIGTERM and SIGKILL. Default 5; SageMaker's 120 are too long for a laptop's user.
   */
  readonly graceSeconds?: number;
  /** Stops it, whether it is running or waiting. */
  readonly signal?: AbortSignal;
  /** Whether it belongs to a running job, so it does not wait for a slot. Default false. */
  readonly beside?: boolean;
}

/** How a job ended. */
export interface JobResult {
  /** Exit code; negative for the number of a signal that ended it. */
  readonly exitCode: number;
  readonly seconds: number;
  /** Whether it reached its time limit. */
  readonly timedOut: boolean;
}

/** Runs jobs. */
export interface Jobs {
  /** Max concurrent jobs. */
  readonly parallelism: number;
  /** Whether it no longer accepts jobs. */
  readonly isClosed: boolean;
  /**
   * Runs a job as soon as there is room for it.
   * @throws JobError if it could not be run to its end
   */
  readonly run: (job: Job) => Promise<JobResult>;
  /** Stops a job that is running, by its id. */
  readonly stop: (id: string) => void;
  /** Stops all jobs, including waiting ones, and accepts no more. */
  readonly close: () => Promise<void>;
}

/** A job that could not be run, for reasons outside the job. */
export class JobError extends Error {}

interface Waiting {
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
  timedOut: boolean;
  timer?: NodeJS.Timeout;
}

/** The result of a job that was stopped while it waited. */
const stoppedBeforeItBegan: JobResult = {
  exitCode: -constants.signals.SIGTERM,
  seconds: 0,
  timedOut: false,
};

/** Runs jobs in a warm Python process, by default one per core. */
export class JobRunner implements Jobs {
  private service: PythonService | undefined;
  private readonly running = new Map<string, Waiting>();
  private readonly queue: (() => void)[] = [];
  private free: number;
  isClosed = false;

  /** @param parallelism max concurrent jobs; default one per core */
  constructor(readonly parallelism: number = availableParallelism()) {
    this.free = parallelism;
  }

  /** Starts the process before the first job, because its libraries take a second to load. */
  warmUp(): void {
    this.process();
  }

  async run(job: Job): Promise<JobResult> {
    const waits = job.beside !== true;
    if (waits) {
      await this.enter();
    }
    const stop = (): void => {
      this.stop(job.id);
    };
    job.signal?.addEventListener("abort", stop);
    try {
      const result = await this.start(job);
      if (result.exitCode !== 0 && job.signal?.aborted !== true) {
        keepJob(job);
      }
      return result;
    } finally {
      job.signal?.removeEventListener("abort", stop);
      if (waits) {
        this.leave();
      }
    }
  }

  stop(id: string): void {
    this.service?.send({ stop: { id } });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const { service } = this;
    this.service = undefined;
    await service?.leave(this.running.size === 0);
    this.abandon("stopped");
    for (const proceed of this.queue.splice(0)) {
      proceed();
    }
  }

  private process(): PythonService {
    this.service ??= PythonService.start("local.standins.jobs.server", {
      receive: (message) => {
        this.receive(message as Record<string, Record<string, unknown>>);
      },
      failed: (error) => {
        this.service = undefined; // The next job starts the process again, and reports its failure.
        this.abandon(error.message);
      },
    });
    return this.service;
  }

  private abandon(reason: string): void {
    for (const waiting of this.running.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new JobError(reason));
    }
    this.running.clear();
  }

  private async enter(): Promise<void> {
    if (this.free > 0) {
      this.free -= 1;
    } else {
      await new Promise<void>((proceed) => this.queue.push(proceed));
    }
  }

  private leave(): void {
    const next = this.queue.shift();
    if (next === undefined) {
      this.free += 1;
    } else {
      next();
    }
  }

  private start(job: Job): Promise<JobResult> {
    if (this.isClosed) {
      return Promise.reject(new JobError("stopped"));
    }
    if (job.signal?.aborted === true) {
      return Promise.resolve(stoppedBeforeItBegan);
    }
    const service = this.process();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { resolve, reject, timedOut: false };
      this.running.set(job.id, waiting);
      waiting.timer = setTimeout(
        () => {
          waiting.timedOut = true;
          this.stop(job.id);
        },
        Math.min(job.timeLimit * 1000, 2 ** 31 - 1),
      );
      service.send({
        run: {
          id: job.id,
          ...job.program,
          arguments: job.arguments,
          workingDirectory: job.workingDirectory,
          environment: job.environment,
          log: job.log,
          graceSeconds: job.graceSeconds,
        },
      });
    });
  }

  private receive(message: Record<string, Record<string, unknown>>): void {
    const { ended, error } = message;
    const id = String((ended ?? error)?.["id"]);
    const waiting = this.running.get(id);
    if (waiting === undefined || (ended === undefined && error === undefined)) {
      return;
    }
    clearTimeout(waiting.timer);
    this.running.delete(id);
    const exitCode = Number(ended?.["exitCode"]);
    if (ended === undefined) {
      waiting.reject(new JobError(String(error?.["message"])));
    } else if (this.isClosed && exitCode !== 0) {
      waiting.reject(new JobError("stopped"));
    } else {
      waiting.resolve({
        exitCode,
        seconds: Number(ended["seconds"]),
        timedOut: waiting.timedOut,
      });
    }
  }
}
