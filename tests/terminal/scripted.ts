/**
 * Reports an execution as it might happen, to see what a terminal makes of it: ten steps that end, the last
 * tuning stopped or failed. Usage: scripted.ts succeed|fail|wait. With wait it goes on until Ctrl-C.
 */

import { setTimeout as pause } from "node:timers/promises";

import { liveProgress } from "../../terminal/liveProgress";

const ending = process.argv[2];
const progress = liveProgress(process.stderr, 2);
const moment = 5;

async function main(): Promise<void> {
  const interrupted = new Promise((done) => process.once("SIGINT", done));
  for (let number = 1; number <= 8; number += 1) {
    const name = `Step${number}`;
    progress.report({ kind: "step", step: { name, status: "Executing" } });
    await pause(moment);
    const detail = number === 3 ? { detail: `as in execution ${"a1b2c3d4e5f6 ".repeat(12)}` } : {};
    progress.report({ kind: "step", step: { name, status: "Succeeded", seconds: 1, ...detail } });
  }
  for (const name of ["TuneDecisionTree", "TuneXGBoost"]) {
    progress.report({ kind: "step", step: { name, status: "Executing" } });
    progress.report({ kind: "tuning", step: name, of: 10, parallel: 2 });
    for (let number = 0; number < 5; number += 1) {
      const common = { step: name, objectiveMetric: "validation:rmse", seconds: 3 };
      progress.report({
        kind: "trial",
        of: 10,
        trial: { ...common, number, objective: 50_000 - number },
      });
      await pause(moment);
    }
  }
  if (ending === "wait") {
    // Signals alone keep no process alive.
    const awake = setInterval(() => undefined, 1000);
    await interrupted;
    clearInterval(awake);
  }
  for (const name of ["TuneDecisionTree", "TuneXGBoost"]) {
    progress.report({
      kind: "step",
      step:
        ending === "succeed"
          ? { name, status: "Succeeded", seconds: 30 }
          : ending === "fail" && name === "TuneXGBoost"
            ? { name, status: "Failed", seconds: 30, failureReason: "no trial has succeeded" }
            : { name, status: "Stopped", seconds: 30 },
    });
  }
  progress.close();
  process.stdout.write("the end\n");
}

void main();
