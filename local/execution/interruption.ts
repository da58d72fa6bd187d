import { getEventListeners } from "node:events";
import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Milliseconds between looks at whether npm's shell is still there. */
const interval = 250;

/**
 * Calls a function when the shell ends in which `npm run` started this process: npm passes a signal on to that shell only,
 * which ends without passing it on (npm/run-script, make-spawn-args.js and signal-manager.js).
 * @returns a function that ends the watching
 */
function watchNpm(ended: () => void): () => void {
  if (process.env["npm_lifecycle_event"] === undefined) {
    return () => undefined;
  }
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== shell) {
      clearInterval(timer);
      ended();
    }
  }, interval);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/**
 * Runs work that an interruption (Ctrl-C, SIGTERM, or the end of the terminal or of npm) ends in order. Before it listens,
 * and at a second interruption, the process ends at once, and so do its children, when their input closes.
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
  const stopWatching = watchNpm(() => {
    interrupt("SIGTERM");
  });
  try {
    const code = await work(stop.signal);
    return interruptedBy ?? code;
  } finally {
    stopWatching();
    for (const signal of signals) {
      process.off(signal, interrupt);
    }
  }
}
