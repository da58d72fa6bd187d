import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";

import { lock } from "proper-lockfile";

import { UserError } from "./errors";

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
   * @returns what lets them in again
   * @throws UserError where another run is in it
   */
  async lock(): Promise<() => Promise<void>> {
    mkdirSync(this.folder, { recursive: true });
    try {
      return await lock(this.folder, { stale: 10_000, lockfilePath: join(this.folder, "lock") });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ELOCKED") {
        throw new UserError(`another local run is using ${this.folder}; wait for it to end`);
      }
      throw error;
    }
  }

  /**
   * Removes the folder.
   * @throws UserError where a run is in it
   */
  async remove(): Promise<void> {
    const unlock = await this.lock();
    await unlock();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** An id for an execution as SageMaker makes them: 12 lower-case letters and digits. */
  newExecutionId(): string {
    const id = [...randomBytes(12)].map((byte) => (byte % 36).toString(36)).join("");
    return existsSync(this.execution(id)) ? this.newExecutionId() : id;
  }
}
