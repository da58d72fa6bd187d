import { spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** The identity of a process, which a later process with the same number does not have. */
export interface ProcessIdentity {
  readonly id: number;
  /** The boot and the container in which numbers are unique. Unknown in old documents. */
  readonly machine?: string | undefined;
  /** The system's start time of the process. Unknown on some systems. */
  readonly started?: string | undefined;
}

/** The text of a system file; undefined if it does not exist. */
function systemFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** The scope of processes' numbers: this boot and, on Linux, this container. */
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

/** The start time of a process; undefined if it is not running, or unknown. */
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

export function thisProcess(): ProcessIdentity {
  return { id: process.pid, machine: thisMachine(), started: startOf(process.pid) };
}

/**
 * Whether a process is running, whoever owns it.
 * @returns undefined if unknown, for example for another machine's process
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
