import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Milliseconds between polls for a request. */
const interval = 250;

const pathIn = (folder: string): string => join(folder, "stop-requested");

/** Asks the process that runs an execution to stop it. */
export function requestStop(folder: string): void {
  writeFileSync(pathIn(folder), "");
}

/**
 * Polls for a request to stop an execution.
 * @returns a function that ends the polling
 */
export function awaitStopRequest(folder: string, stop: () => void): () => void {
  rmSync(pathIn(folder), { force: true });
  const timer = setInterval(() => {
    if (existsSync(pathIn(folder))) {
      rmSync(pathIn(folder), { force: true });
      stop();
    }
  }, interval);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
