import { equal, match } from "node:assert/strict";
import { Writable } from "node:stream";

import { bars, secondsLeft } from "../../terminal/bars";

describe("secondsLeft", () => {
  it("is the median of the trials' seconds, for each round that is left", () => {
    equal(secondsLeft([4, 2, 30], 6, 2), 12);
    equal(secondsLeft([2, 4], 5, 2), 9);
    equal(secondsLeft([3], 1, 4), 3);
    equal(secondsLeft([3], 0, 2), 0);
  });

  it("is not known before a trial has ended, or where nobody knows how many run at once", () => {
    equal(secondsLeft([], 5, 2), undefined);
    equal(secondsLeft([1], 5, Infinity), undefined);
  });
});

describe("bars", () => {
  /** A terminal that keeps what is written on it. */
  class Terminal extends Writable {
    readonly isTTY = true;
    readonly columns = 100;
    written = "";
    override _write(chunk: Buffer, _encoding: string, done: () => void): void {
      this.written += chunk.toString();
      done();
    }
  }

  it("show a tuning's best trial and the time that it has left, then the step's line", async () => {
    const terminal = new Terminal();
    const progress = bars(terminal as unknown as NodeJS.WriteStream, 2);
    progress.report({ kind: "step", step: { name: "Tune", status: "Executing" } });
    progress.report({ kind: "tuning", step: "Tune", of: 10, parallel: 4 });
    const common = { step: "Tune", objectiveMetric: "validation:rmse", seconds: 3 };
    progress.report({ kind: "trial", of: 10, trial: { ...common, number: 0, objective: 7 } });
    progress.report({ kind: "trial", of: 10, trial: { ...common, number: 1, objective: 9 } });
    // Drawn by the clock, ten times a second.
    while (!terminal.written.includes("2/10 best validation:rmse 7.00000, 12.0 s left")) {
      await new Promise((later) => setTimeout(later, 10));
    }
    progress.report({ kind: "step", step: { name: "Tune", status: "Succeeded", seconds: 15 } });
    progress.close();
    match(terminal.written, /✓\S* Tune\S* 15\.0 s/);
  });
});
