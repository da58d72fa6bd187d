import { getEventListeners } from "node:events";
import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs work that an interruption (Ctrl-C, SIGTERM, or the end of the terminal) ends in order. Before it listens, and at a
 * second interruption, the process ends at once, and so do its children, when their input closes.
 *
 * @returns the exit code: the work's, or the one that shells expect for a signal
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
