import { spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** What tells a process from all others, also from a later one that gets its number. */
export interface ProcessIdentity {
  readonly id: number;
  /** Within it, numbers mean the same processes: the boot and the container. Not known of old documents. */
  readonly machine?: string | undefined;
  /** When the process started, as the system says it. Not known on every system. */
  readonly started?: string | undefined;
}

/** The text of a file of the system; undefined if there is none. */
function systemFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** Where numbers of processes mean the same: this boot and, on Linux, this container. */
function thisMachine(): string {
  const boot = systemFile("/proc/sys/kernel/random/boot_id");
  if (boot === undefined) {
    return hostname();
  }
  try {
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return boot;
  }
}

/** When a process started; undefined if it does not run, or the system does not tell. */
function startOf(processId: number): string | undefined {
  // The second field is the program's name in brackets, which may hold anything; the start is the 22nd.
  const stat = systemFile(`/proc/${processId}/stat`);
  if (stat !== undefined) {
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  }
  if (process.platform === "linux" || process.platform === "win32") {
    return undefined;
  }
  const { stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(processId)], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  return stdout.trim() || undefined;
}

/** This process. */
export function thisProcess(): ProcessIdentity {
  return { id: process.pid, machine: thisMachine(), started: startOf(process.pid) };
}

/**
 * Whether a process runs, whoever it belongs to.
 * @returns undefined if that is not known: it is another machine's, or not enough is known of it
 */
export function isRunning({ id, machine, started }: ProcessIdentity): boolean | undefined {
  if (machine === undefined || machine !== thisMachine()) {
    return undefined;
  }
  try {
    process.kill(id, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") {
      return false;
    }
  }
  return started === undefined ? undefined : startOf(id) === started;
}
