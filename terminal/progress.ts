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
 * Lines that change in place on a terminal that a person watches, otherwise plain lines.
 * @param slots trials that can run at once; default: as many as the tunings allow
 */
export function progressOn(stream: NodeJS.WriteStream, slots = Infinity): Progress {
  return stream.isTTY && process.env["CI"] === undefined
    ? liveProgress(stream, slots)
    : plainLines(stream);
}
