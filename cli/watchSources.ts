import { spawn } from "node:child_process";
import { existsSync, type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { dataVariable } from "../local/storage/data";
import { stackConfig, stackNamed } from "../offline/stackConfig";
import { typedPath } from "../terminal/options";
import { note, type Terminal } from "./terminal";
import type { MachineOptions } from "./world";

const root = resolve(__dirname, "..");

/** Folders that a run does not depend on. */
const notRead = new Set(["bench", "docs", "examples", "node_modules", "notebooks", "tests"]);

/** Files that Python and editors write beside sources. */
const byproduct = /__pycache__|~$|\.sw[a-p]$/;

const absent = { throwIfNoEntry: false } as const;

/** The options that name what a run depends on. */
type WatchedOptions = MachineOptions & { readonly definition?: string; readonly s3?: string };

/** Data and flow that the stack's configuration names; none while it is invalid, which the run reports. */
function configuredPaths({ configFile, stack }: WatchedOptions): readonly string[] {
  try {
    const file = configFile === undefined ? undefined : typedPath(configFile);
    const config = stackConfig(stackNamed({ configFile, stack }), file);
    const { flow = "" } = JSON.parse(config["restate:dataset"] ?? "{}") as { flow?: string };
    const paths = [config["restate:dataFile"] ?? "", flow];
    return paths.filter((path) => path !== "").map((path) => resolve(root, path));
  } catch {
    return [];
  }
}

/** Files and folders that the options and the configuration name: configuration, data, definition, programs of images. */
function namedPaths(options: WatchedOptions): readonly string[] {
  const { configFile, data, definition, image = new Map<string, string>(), s3 } = options;
  const programs = [...image.values()].filter((program) => program !== "docker");
  const given = [configFile, data, process.env[dataVariable], definition, s3, ...programs];
  const typed = given.flatMap((path) => path ?? []).map(typedPath);
  return [...typed, ...configuredPaths(options)];
}

/** Milliseconds without a change before a run starts: editors write a file in several steps. */
const quiet = 300;

/** Watches what a run depends on: the project's sources, and what options and configuration name. */
class Sources {
  private readonly watchers: FSWatcher[] = [];
  private readonly followed = new Set<string>();
  private changed: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isDirty = false;

  constructor(options: WatchedOptions) {
    const own = readdirSync(root, { withFileTypes: true }).filter(
      ({ name }) => !name.startsWith(".") && !notRead.has(name),
    );
    const files = own.filter((one) => one.isFile()).map(({ name }) => join(root, name));
    for (const { name } of own.filter((one) => one.isDirectory())) {
      this.watch(join(root, name), true, (path) => !byproduct.test(path));
    }
    for (const folder of new Set(files.map(dirname))) {
      this.watch(folder, false, (path) => files.includes(path));
    }
    this.follow(options);
  }

  /** Watches what the options and the configuration name now, too. */
  follow(options: WatchedOptions): void {
    for (const path of namedPaths(options)) {
      if (this.followed.has(path) || !existsSync(dirname(path))) {
        continue;
      }
      this.followed.add(path);
      // The folder of a file is watched, because editors replace a file instead of writing to it.
      this.watch(dirname(path), false, (changed) => changed === path);
      if (statSync(path, absent)?.isDirectory() === true) {
        this.watch(path, true, (changed) => !byproduct.test(changed));
      }
    }
  }

  private watch(folder: string, recursive: boolean, counts: (path: string) => boolean): void {
    const watcher = watch(folder, { recursive }, (_event, file) => {
      if (counts(join(folder, file ?? ""))) {
        this.note();
      }
    });
    watcher.on("error", () => {
      this.note();
    });
    this.watchers.push(watcher);
  }

  private note(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isDirty = true;
      this.changed?.();
    }, quiet);
  }

  /** Waits for a change, unless there was one since the last call. */
  async next(stopped: AbortSignal): Promise<void> {
    await new Promise<void>((done) => {
      this.changed = done;
      stopped.addEventListener("abort", () => {
        done();
      });
      if (this.isDirty) {
        done();
      }
    });
    this.isDirty = false;
  }

  close(): void {
    clearTimeout(this.timer);
    for (const watcher of this.watchers) {
      watcher.close();
    }
  }
}

/** Runs this command line without `--watch` in a new process, so that it loads the current sources. */
function runOnce(): Promise<number> {
  const args = process.argv.slice(1).filter((one) => one !== "--watch");
  const child = spawn(process.execPath, [...process.execArgv, ...args], { stdio: "inherit" });
  // Ctrl-C reaches both processes; SIGTERM only this one.
  const terminate = (): void => {
    child.kill("SIGTERM");
  };
  process.on("SIGTERM", terminate);
  return new Promise<number>((done, failed) => {
    child.once("error", failed).once("exit", (code) => {
      done(code ?? 1);
    });
  }).finally(() => {
    process.off("SIGTERM", terminate);
  });
}

/**
 * Runs again after each change of the sources, the configuration or the data, until interrupted.
 * @returns the exit code of the last run
 */
export async function runOnChange(
  options: WatchedOptions,
  stopped: AbortSignal,
  terminal: Terminal,
): Promise<number> {
  const sources = new Sources(options);
  // An interrupted run ends in order, and this process after it.
  stopped.addEventListener("abort", () => undefined);
  const isStopped = (): boolean => stopped.aborted;
  try {
    for (;;) {
      const code = await runOnce();
      if (isStopped()) {
        return code;
      }
      sources.follow(options);
      note(terminal, "waiting for changes; Ctrl-C to end");
      await sources.next(stopped);
      if (isStopped()) {
        return code;
      }
    }
  } finally {
    sources.close();
  }
}
