import type { Progress } from "./events";
import { plainLines } from "./lines";
import { liveProgress } from "./liveProgress";

export type { Progress, ShownEvent, ShownStatus, ShownStep, ShownTrial } from "./events";

/** Shows nothing. */
export function silent(stream: NodeJS.WritableStream): Progress {
  const say = (line: string): void => {
    if (line.startsWith("warning: ")) {
      stream.write(`${line}\n`);
    }
  };
  return { report: () => undefined, say, close: () => undefined };
}

/**
 * Shows progress as lines that are redrawn on an interactive terminal, and as plain lines elsewhere.
 * @param slots trials that can run at once; default: as many as the tuning steps allow
 */
export function progressOn(stream: NodeJS.WriteStream, slots = Infinity): Progress {
  return stream.isTTY && process.env["CI"] === undefined
    ? liveProgress(stream, slots)
    : plainLines(stream);
}
