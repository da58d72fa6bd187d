import { deepEqual, equal } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** A program that works until it is stopped, and prints its process's id, then how it ends. */
const program = `
  require("ts-node/register/transpile-only");
  const { interruptible } = require(${JSON.stringify(join(__dirname, "../../../local/execution/interruption"))});
  const work = (stopped) => new Promise((resolve) => {
    const timer = setInterval(() => undefined, 1000);
    stopped.addEventListener("abort", () => {
      clearInterval(timer);
      resolve(0);
    });
    console.log(process.pid);
  });
  interruptible(work).then((code) => console.log("ended with", code));
`;

describe("work that can be interrupted", () => {
  for (const [sender, killed] of [
    ["a signal to it", "program"],
    ["the end of npm, which does not pass on a signal", "shell"],
  ] as const) {
    it(`is ended in order by ${sender}`, async () => {
      // The shell waits for the program, as npm's does.
      const shell = spawn("sh", ["-c", '"$0" -e "$1"; exit', process.execPath, program], {
        env: { ...process.env, npm_lifecycle_event: "local" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [first] = (await once(shell.stdout, "data")) as [Buffer];
      const id = Number(first.toString());
      equal(process.kill(killed === "shell" ? (shell.pid ?? 0) : id, "SIGTERM"), true);
      deepEqual(await text(shell.stdout), "ended with 143\n");
    });
  }
});
