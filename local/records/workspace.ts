import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { lock } from "proper-lockfile";

import { UserError } from "../../terminal/errors";
import { writeFileAtomically } from "../storage/files";
import { isRunning } from "../processes/processes";

/** Seconds after which the lock of a process that shows no sign of life opens. */
const staleSeconds = 5;

/** All that runs and commands make in a work folder. */
const contents = new Set([
  ...["cache", "executions", "lock", "lock-holder", "models", "report", "s3", "serving"],
  "trials.csv",
]);

/** Whether the process is gone that a file names as the lock's holder. */
function isGone(holder: string): boolean {
  try {
    return !isRunning(Number(readFileSync(holder, "utf8")));
  } catch {
    return false;
  }
}

/** The work folder of local runs, `.local/` unless told otherwise. */
export class Workspace {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  /** What stands for S3. */
  get objects(): string {
    return join(this.folder, "s3");
  }

  /** What stands for the model registry. */
  get models(): string {
    return join(this.folder, "models");
  }

  /** The results of finished jobs that later ones may reuse. */
  get cache(): string {
    return join(this.folder, "cache");
  }

  /** All trials of all executions, one a line. */
  get trials(): string {
    return join(this.folder, "trials.csv");
  }

  get report(): string {
    return join(this.folder, "report", "index.html");
  }

  /** The folder of an execution: its record, jobs and logs. */
  execution(id: string): string {
    return join(this.folder, "executions", id);
  }

  /**
   * Keeps other runs out of the folder.
   *
   * @param lost is called where the lock is taken away, for example since the folder is removed
   * @returns what lets them in again
   * @throws UserError where another run is in it
   */
  async lock(lost: () => void): Promise<() => Promise<void>> {
    mkdirSync(this.folder, { recursive: true });
    const holder = join(this.folder, "lock-holder");
    for (;;) {
      try {
        const unlock = await lock(this.folder, {
          lockfilePath: join(this.folder, "lock"),
          stale: staleSeconds * 1000,
          onCompromised: lost,
        });
        writeFileAtomically(holder, String(process.pid));
        return async () => {
          rmSync(holder, { force: true });
          // A lock that was lost is not to be released.
          await unlock().catch(() => undefined);
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ELOCKED") {
          throw error;
        }
      }
      if (!isGone(holder)) {
        throw new UserError(`another local run is using ${this.folder}; wait for it to end`);
      }
      // A run that was killed: its lock opens by itself.
      await wait(100);
    }
  }

  /**
   * Makes sure that the folder holds nothing but what runs have made: it might be any folder of the user's.
   * @throws UserError where it holds something else
   */
  checkRemovable(): void {
    const foreign = readdirSync(this.folder).filter(
      // A process that was killed leaves files that it was writing.
      (name) => !contents.has(name.replace(/\.[0-9a-f]{12}\.tmp$/, "")),
    );
    if (foreign.length > 0) {
      throw new UserError(
        `${this.folder} is no work folder, or holds more than one: ${foreign.slice(0, 3).join(", ")}; ` +
          "nothing was removed",
      );
    }
  }

  /**
   * Removes the folder.
   * @throws UserError where a run is in it
   */
  async remove(): Promise<void> {
    const unlock = await this.lock(() => undefined);
    await unlock();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** An id for an execution as SageMaker makes them: 12 lower-case letters and digits. */
  newExecutionId(): string {
    const id = [...randomBytes(12)].map((byte) => (byte % 36).toString(36)).join("");
    return existsSync(this.execution(id)) ? this.newExecutionId() : id;
  }
}
