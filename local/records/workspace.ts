import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";

import { UserError } from "../../errors/userError";
import type { ProcessIdentity } from "../environments/processes";
import { FolderLock, type HoldOptions } from "./folderLock";

/** Everything that runs and commands create in a work folder. */
const contents = new Set([
  ...["cache", "executions", "lock", "lock-holder", "models", "report", "resources", "s3"],
  ...["serving", "trials.csv"],
]);

/** The work folder of local runs, by default `.local/`. */
export class Workspace {
  readonly folder: string;
  private readonly folderLock: FolderLock;

  constructor(folder: string) {
    this.folder = resolve(folder);
    this.folderLock = new FolderLock(this.folder);
  }

  /** The folder that replaces S3. */
  get objects(): string {
    return join(this.folder, "s3");
  }

  /** The folder of the model registry. */
  get models(): string {
    return join(this.folder, "models");
  }

  /** The results of finished jobs that later ones may reuse. */
  get cache(): string {
    return join(this.folder, "cache");
  }

  /** All trials of all executions, one per line. */
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

  /** Pipelines, models, endpoints and other resources that the API created, a folder per kind. */
  get resources(): string {
    return join(this.folder, "resources");
  }

  /** Whether a process that uses this folder is running. */
  isAlive(process: ProcessIdentity): boolean {
    return this.folderLock.isAlive(process);
  }

  /** Keeps other processes' runs out of the folder: see {@link FolderLock.hold}. */
  lock(lost: () => void, options?: HoldOptions): Promise<() => Promise<void>> {
    return this.folderLock.hold(lost, options);
  }

  /** The first files in the folder that no run wrote; undefined if there are none. */
  private foreign(): string | undefined {
    const names = readdirSync(this.folder).filter(
      // A killed process leaves partial files.
      (name) => !contents.has(name.replace(/\.[0-9a-f]{12}\.tmp$/, "")),
    );
    return names.length === 0 ? undefined : names.slice(0, 3).join(", ");
  }

  /**
   * Checks that runs do not mix their files with the user's.
   * @throws UserError if the folder had no run, and contains anything else
   */
  checkUsable(): void {
    const isNew = existsSync(this.folder) && !existsSync(join(this.folder, "executions"));
    const foreign = isNew ? this.foreign() : undefined;
    if (foreign !== undefined) {
      throw new UserError(
        `${this.folder} is not a work folder: it contains ${foreign}; use a new or empty folder`,
      );
    }
  }

  /**
   * Checks that the folder only contains files of runs, because it might be any folder of the user's.
   * @throws UserError if it contains anything else
   */
  checkRemovable(): void {
    const foreign = this.foreign();
    if (foreign !== undefined) {
      throw new UserError(
        `${this.folder} is not a work folder, or contains other files: ${foreign}; nothing was removed`,
      );
    }
  }

  /**
   * Deletes the folder.
   * @throws UserError if a run is in it
   */
  async remove(): Promise<void> {
    const unlock = await this.lock(() => undefined);
    await unlock();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A new id for an execution in SageMaker's form: 12 lower-case letters and digits. */
  newExecutionId(): string {
    const id = [...randomBytes(12)].map((byte) => (byte % 36).toString(36)).join("");
    return existsSync(this.execution(id)) ? this.newExecutionId() : id;
  }
}
