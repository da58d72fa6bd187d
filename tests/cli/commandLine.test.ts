import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { verbs } from "../../cli/verbs";
import { asUserError } from "../../errors/userError";
import { commandLine } from "../support/commandLine";
import { cliScript, command, temporaryFolder } from "../support/localRun";

describe("the command line", () => {
  const folder = temporaryFolder();

  it("lists its verbs if none is given, for each world", async () => {
    const [aws, local] = [await commandLine([]), await commandLine(["--local", "--help"])];
    match(aws.stdout, /^Usage: npm run restate -- <verb> \[options\]\n/);
    match(local.stdout, /^Usage: npm run local \[-- <verb> \[options\]\]\n/);
    for (const { name } of verbs) {
      ok(aws.stdout.includes(`\n  ${name} `), name);
    }
    deepEqual([aws.code, aws.stderr], [0, ""]);
  });

  it("wraps its help at 80 columns", async () => {
    for (const args of [["help"], ["--local", "help"]]) {
      const { stdout } = await commandLine(args, { COLUMNS: "80" });
      const [shown = ""] = stdout.split("\nExamples:\n");
      deepEqual(
        shown.split("\n").filter((line) => line.length > 80),
        [],
      );
    }
  });

  for (const { examples, name } of verbs) {
    it(`explains ${name} with examples whose options exist`, async () => {
      for (const isLocal of [false, true]) {
        const { code, stdout } = await commandLine([
          ...(isLocal ? ["--local"] : []),
          ...[name, "--help"],
        ]);
        equal(code, 0);
        match(stdout, new RegExp(`^Usage: npm run ${isLocal ? "local" : "restate"} -- ${name}`));
        for (const [option] of examples.join(" ").matchAll(/--[a-z]+/g)) {
          ok(stdout.includes(option), `${name}: there is no option ${option}`);
        }
      }
    });
  }

  it("suggests the nearest verb for a mistyped one", async () => {
    for (const args of [
      ["aprove", "1"],
      ["--local", "aprove", "1"],
    ]) {
      deepEqual(await commandLine(args), {
        code: 1,
        stdout: "",
        stderr: "error: unknown verb aprove; did you mean approve?\n",
      });
    }
    equal(
      (await commandLine(["elsewhere"])).stderr,
      "error: unknown verb elsewhere; `npm run restate -- help` lists the verbs\n",
    );
  });

  it("accepts a row that begins with a minus sign", async () => {
    // Nothing is served on port 1: the row has got as far as that.
    for (const row of ["-117.18,32.75", "-.5,1", "-inf,1"]) {
      const args = ["--local", "invoke", row, "--port", "1"];
      match((await commandLine(args)).stderr, /^error: no model is served on port 1; /);
    }
    match((await commandLine(["--local", "invoke", "-x"])).stderr, /^error: unknown option '-x'/);
  });

  it("explains what to pass if invoke has no row", async () => {
    for (const [args, rows] of [
      [[], "one CSV row or the name of a file of rows"],
      [["--raw"], "one of the table's rows, as CSV or JSON, or the name of a file of them"],
    ] as const) {
      equal(
        (await commandLine(["--local", "invoke", ...args])).stderr,
        `error: invoke --local: give ${rows}\n`,
      );
      equal(
        (await commandLine(["invoke", ...args, "houses"])).stderr,
        `error: invoke: give the endpoint, and ${rows}\n`,
      );
    }
  });

  it("refuses an empty option, which would mean the current folder", async () => {
    for (const option of ["--data", "--config-file", "--work-folder"]) {
      const { code, stderr, stdout } = await commandLine(["--local", "run", option, ""]);
      deepEqual([code, stderr, stdout], [1, `error: ${option} is empty\n`, ""]);
    }
  });

  it("says which number a list's maximum must be", async () => {
    for (const max of ["0", "1.5", "x", "", "10001"]) {
      const { code, stderr } = await commandLine(["--local", "runs", "--max", max]);
      equal(code, 1);
      match(stderr, /It must be an integer from 1 to 10000\.\n$/);
    }
  });

  it("refuses a work folder that is a file, or a folder of the user's without runs", async () => {
    const file = join(folder, "notes.txt");
    writeFileSync(file, "");
    deepEqual(await commandLine(["--local", "runs", "--work-folder", file]), {
      code: 1,
      stderr: `error: --work-folder: ${file} is a file, not a folder\n`,
      stdout: "",
    });
    deepEqual(await commandLine(["--local", "run", "--work-folder", folder]), {
      code: 1,
      stderr: `error: ${folder} is not a work folder: it contains notes.txt; use a new or empty folder\n`,
      stdout: "",
    });
    deepEqual(readdirSync(folder), ["notes.txt"]);
  });

  it("says that a work folder has no executions or models", async () => {
    const none = join(folder, "none");
    for (const [verb, what] of [
      ["runs", "executions"],
      ["models", "models"],
    ] as const) {
      const { code, stderr } = await commandLine(["--local", verb, "--work-folder", none]);
      deepEqual([code, stderr], [0, `the work folder ${none} has no ${what}\n`]);
    }
  });

  it("ends with one line if its output cannot be written", async function () {
    if (!existsSync("/dev/full")) {
      this.skip();
    }
    const script = [process.execPath, ...cliScript, "help"];
    const { code, stderr } = await command("sh", ["-c", 'exec "$@" > /dev/full', "sh", ...script]);
    deepEqual([code, stderr], [1, "error: the disk is full: cannot write a file\n"]);
  });

  it("ends with one line if its folder cannot be created, where Node.js would try for ever", async function () {
    if (!existsSync("/proc/self")) {
      this.skip();
    }
    const args = ["emulate", "--port", "0", "--work-folder", "/proc/work"];
    const { code, stderr } = await commandLine(args);
    deepEqual([code, stderr], [1, "error: folders cannot be created in /proc\n"]);
  });

  it("names the file if a folder is in its place", () => {
    const file = { code: "EISDIR", syscall: "rename", path: `${folder}.tmp`, dest: folder };
    equal(
      asUserError(Object.assign(new Error(), file))?.message,
      `a folder is in the place of a file: cannot rename ${folder}`,
    );
  });

  it("names the verbs that only work on this machine", async () => {
    for (const args of [["serve"], ["query"], ["clean"]]) {
      const { code, stderr } = await commandLine(args);
      equal(code, 1);
      match(stderr, new RegExp(`^error: ${args[0] ?? ""} only works on this machine: add --local`));
    }
    equal(
      (await commandLine(["runs", "--work-folder", "x"])).stderr,
      "error: --work-folder only applies to this machine: add --local\n",
    );
    equal(
      (await commandLine(["runs", "--local", "--outputs", "x"])).stderr,
      "error: --outputs only applies to a stack in AWS, not with --local\n",
    );
  });
});
