import { existsSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { lock } from "proper-lockfile";

import { UserError } from "../../errors/userError";
import { isRunning, type ProcessIdentity, thisProcess } from "../environments/processes";
import { makeFolder, writeFileAtomically } from "../storage/files";

/** Seconds without a sign of life after which a process's lock expires. */
const staleSeconds = 5;

/** Seconds of waiting for a lock until a line is printed. */
const patienceSeconds = 1;

/** Callbacks while a lock is acquired. */
export interface HoldOptions {
  /** Called first, with exclusive access to the folder. */
  readonly opened?: () => Promise<void>;
  /** Prints a line if waiting takes long. */
  readonly say?: (line: string) => void;
}

/** The lock of a work folder: one process at a time runs pipelines in it. */
export class FolderLock {
  /** This process's lock, while it has runs in the folder. */
  private held: Promise<() => Promise<void>> | undefined;
  private released: Promise<void> | undefined;
  private readonly users = new Set<() => void>();

  constructor(private readonly folder: string) {}

  /** The file with the process that holds the lock. */
  private get holder(): string {
    return join(this.folder, "lock-holder");
  }

  /** Whether a run on this or another machine keeps its lock alive. */
  get isLocked(): boolean {
    try {
      const age = Date.now() - statSync(join(this.folder, "lock")).mtimeMs;
      return Math.abs(age) < staleSeconds * 1000;
    } catch {
      return false;
    }
  }

  /** Whether a process that uses this folder is running. */
  isAlive(process: ProcessIdentity): boolean {
    return isRunning(process) ?? this.isLocked;
  }

  /**
   * Keeps other processes' runs out of the folder. Runs of this process share the lock.
   *
   * @param lost called if the lock is lost, for example because the folder was deleted
   * @returns a function that releases the lock
   * @throws UserError if another run is in it
   */
  async hold(
    lost: () => void,
    { opened = () => Promise.resolve(), say = () => undefined }: HoldOptions = {},
  ): Promise<() => Promise<void>> {
    this.users.add(lost);
    const leave = async (): Promise<void> => {
      if (this.users.delete(lost) && this.users.size === 0) {
        const release = this.held;
        this.held = undefined;
        this.released = release?.then((unlock) => unlock()).catch(() => undefined);
        await this.released;
      }
    };
    this.held ??= this.acquire(say).then(async (unlock) => {
      try {
        await opened();
      } catch (error) {
        await unlock();
        throw error;
      }
      return unlock;
    });
    try {
      await this.held;
    } catch (error) {
      await leave();
      throw error;
    }
    return leave;
  }

  private async acquire(say: (line: string) => void): Promise<() => Promise<void>> {
    await this.released;
    makeFolder(this.folder);
    const path = join(this.folder, "lock");
    const start = performance.now();
    let told = false;
    for (;;) {
      try {
        const unlock = await lock(this.folder, {
          lockfilePath: path,
          stale: staleSeconds * 1000,
          onCompromised: () => {
            for (const lost of this.users) {
              lost();
            }
          },
        });
        writeFileAtomically(this.holder, JSON.stringify(thisProcess()));
        return async () => {
          rmSync(this.holder, { force: true });
          // A lost lock must not be released.
          await unlock().catch(() => undefined);
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ELOCKED") {
          throw error;
        }
      }
      if (!this.isGone()) {
        throw new UserError(`another local run is using ${this.folder}; wait for it to end`);
      }
      // A killed run: its lock expires by itself, unless the clock was ahead when it was created.
      const now = new Date();
      if (existsSync(path) && statSync(path).mtimeMs > now.getTime() + staleSeconds * 1000) {
        utimesSync(path, now, now);
      }
      if (!told && performance.now() - start > patienceSeconds * 1000) {
        told = true;
        say(`waiting for the lock of a run that was killed: ${path}`);
      }
      await wait(100);
    }
  }

  /** Whether the process that holds the lock is gone. */
  private isGone(): boolean {
    let holder: ProcessIdentity;
    try {
      holder = JSON.parse(readFileSync(this.holder, "utf8")) as ProcessIdentity;
    } catch {
      return false;
    }
    return !this.isAlive(holder);
  }
}
