import { getEventListeners } from "node:events";
import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does work that an interruption ends in order: by Ctrl-C, a request to terminate, or the end of the
 * terminal. While nobody listens for it, as there is nothing to end yet, and at the second one, the process
 * ends at once; its children do too, when their input closes.
 *
 * @returns the exit code: the work's, or what shells expect of a process that a signal ended
 */
export async function interruptible(
  work: (stopped: AbortSignal) => Promise<number>,
): Promise<number> {
  const stop = new AbortController();
  let interruptedBy: number | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    const code = 128 + constants.signals[signal];
    if (interruptedBy !== undefined || getEventListeners(stop.signal, "abort").length === 0) {
      process.exit(code);
    }
    interruptedBy = code;
    stop.abort();
  };
  for (const signal of signals) {
    process.on(signal, interrupt);
  }
  try {
    const code = await work(stop.signal);
    return interruptedBy ?? code;
  } finally {
    for (const signal of signals) {
      process.off(signal, interrupt);
    }
  }
}
