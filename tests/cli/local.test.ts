import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { housingRows, writeRows } from "../support/housing";
import { commandLine } from "../support/commandLine";
import {
  cliScript,
  type Ended,
  local,
  localProcess,
  smallDefinition,
  temporaryFolder,
  writeDefinition,
} from "../support/localRun";

/** Free on a machine that hands out ports from 32768 on. */
const port = 18_231;

describe("the commands of npm run local", () => {
  const folder = temporaryFolder();
  const workFolder = join(folder, "work");
  const rows = housingRows(800);
  const run = (...args: readonly string[]): Promise<Ended> =>
    commandLine(["--local", ...args.slice(0, 1), "--work-folder", workFolder, ...args.slice(1)], {
      RESTATE_DATA: "",
    });
  let execution: string;

  before(async () => {
    const definition = writeDefinition(folder, await smallDefinition());
    const data = writeRows(join(folder, "housing.data"), rows);
    const done = await run("run", "--definition", definition, "--data", data, "--json", "--quiet");
    equal(done.code, 0, done.stderr);
    ({ execution } = JSON.parse(done.stdout) as { execution: string });
  });

  it("runs lists the executions", async () => {
    const { code, stdout } = await run("runs", "--json");
    equal(code, 0);
    const [one, ...others] = JSON.parse(stdout) as {
      id: string;
      status: string;
      winner: unknown;
    }[];
    deepEqual([one?.id, one?.status, others.length], [execution, "Succeeded", 0]);
    const [model] = JSON.parse((await run("models", "--json")).stdout) as Record<string, unknown>[];
    deepEqual(one?.winner, {
      name: model?.["candidate"],
      r2: model?.["r2"],
      group: "restate-dev",
      version: 1,
    });
    match((await run("runs")).stdout, new RegExp(`│ ${execution} │`));
  });

  it("prints nothing but its result, such as no warning of the SDK", async () => {
    const { code, stderr } = await localProcess(["runs", "--work-folder", workFolder]);
    deepEqual([code, stderr], [0, ""]);
  });

  it("trials lists the trials of the latest or the given execution", async () => {
    const latest = await run("trials", "--json");
    equal((JSON.parse(latest.stdout) as unknown[]).length, 6);
    equal((await run("trials", execution, "--json")).stdout, latest.stdout);
    const { code, stderr } = await run("trials", "nothing");
    equal(code, 1);
    equal(
      stderr,
      `error: the work folder ${workFolder} has no execution nothing; it has ${execution}\n`,
    );
  });

  it("serve only serves an approved model, or the given one", async () => {
    const { code, stderr } = await run("serve");
    equal(code, 1);
    match(
      stderr,
      /^error: no model is approved; `npm run local -- approve VERSION --work-folder \S+` approves one\n$/,
    );
  });

  it("approve and reject set the status of a version, with a comment", async () => {
    equal(
      (await run("reject", "1")).stdout,
      "version 1 of restate-dev: Rejected (was PendingManualApproval)\n",
    );
    equal((await run("approve", "1", "--comment", "good enough")).code, 0);
    const [model] = JSON.parse((await run("models", "--json")).stdout) as Record<string, unknown>[];
    equal(model?.["approvalStatus"], "Approved");
    equal(model["approvalDescription"], "good enough");
    const { code, stderr } = await run("approve", "7");
    equal(code, 1);
    equal(stderr, "error: restate-dev has no version 7; it has version 1\n");
  });

  it("compare shows the differences between two executions", async () => {
    const definition = writeDefinition(folder, await smallDefinition());
    const data = join(folder, "housing.data");
    const args = ["--definition", definition, "--data", data, "--json", "--quiet"];
    const failed = await run("run", ...args, "--parameter", "MinimumR2=0.9999");
    const other = (JSON.parse(failed.stdout) as { execution: string }).execution;
    const { code, stdout } = await run("compare", execution, other, "--json");
    equal(code, 0);
    const { definition: differences, rows: found } = JSON.parse(stdout) as {
      definition: unknown[];
      rows: { what: string; values: string[] }[];
    };
    deepEqual(differences, []);
    const values = (what: string): string[] | undefined =>
      found.find((row) => row.what === what)?.values;
    deepEqual(values("Status"), ["Succeeded", "Failed"]);
    deepEqual(values("Parameter MinimumR2"), ["0", "0.9999"]);
    equal(values("XGBoost R²")?.[0], values("XGBoost R²")?.[1]);
    const shown = await run("compare", execution, other);
    match(shown.stdout, /│ Parameter MinimumR2\s+│ 0\s+│ 0\.9999\s+│/);
    match(shown.stdout, /The definitions are equal\.\n$/);
    equal((await run("compare", execution, "nothing")).code, 1);
  });

  it("simulate replays days of requests, reports when drift is detected, and draws it", async () => {
    const scenario = join(folder, "scenario.yaml");
    const page = join(folder, "simulation.html");
    const simulate = (text: string, ...args: readonly string[]): Promise<Ended> => {
      writeFileSync(scenario, text);
      const at = [execution, "--scenario", scenario, "--output", page, "--days", "12"];
      return run("simulate", ...at, ...args);
    };
    const shifted =
      "shifts: [{kind: unit, column: population, size: 1000, start: 8}, {kind: concept, size: 1, start: 1}]";
    const { code, stderr, stdout } = await simulate(shifted, "--json");
    equal(code, 0, stderr);
    const found = JSON.parse(stdout) as Record<string, unknown>;
    deepEqual(
      (found["alarms"] as readonly { from: number; to: number }[]).map(({ from, to }) => [
        from,
        to,
      ]),
      [[8, 11]],
    );
    deepEqual(found["shifts"], [
      { text: "unit of population (1000)", start: 8, found: 8 },
      // Without labels nobody can know.
      { text: "concept of labels (1)", start: 1 },
    ]);
    match(readFileSync(page, "utf8"), new RegExp(`Drift of \\w+ of the execution ${execution}`));
    const shown = await simulate(shifted);
    match(shown.stdout, /│ unit of population \(1000\) +│ 8 +│ 8 +│ 1 +│/);
    match(shown.stdout, /│ concept of labels \(1\) +│ 1 +│ not found +│ - +│/);
    const quiet = await simulate("");
    equal(quiet.stderr, "no alarm in 12 days\n");
    equal(quiet.stdout, `${page}\n`);
    const none = await simulate("shifts: [{kind: mean, column: age, size: 1, start: 1}]");
    equal(none.code, 1);
    match(
      none.stderr,
      /^error: scenario: the shift "mean" has the unknown column "age"; the features are /,
    );
  });

  describe("a served model", () => {
    let server: ChildProcess;

    const startServer = async (): Promise<ChildProcess> => {
      const child = spawn(process.execPath, [
        ...cliScript,
        "serve",
        "--work-folder",
        workFolder,
        "--port",
        String(port),
      ]);
      await new Promise<void>((answers, failed) => {
        child.stdout.on("data", (chunk: Buffer) => {
          if (chunk.toString().includes("is served on")) {
            answers();
          }
        });
        child.once("exit", (code) => {
          failed(new Error(`serve ended with ${String(code)}`));
        });
      });
      return child;
    };

    it("is served by one of two commands that start at once", async () => {
      const started = await Promise.allSettled([startServer(), startServer()]);
      const [one, ...others] = started.flatMap((each) =>
        each.status === "fulfilled" ? [each.value] : [],
      );
      ok(one !== undefined && others.length === 0);
      server = one;
      // On another port, the same model is served from a folder of its own.
      deepEqual(readdirSync(join(workFolder, "serving")), [`restate-dev-1-${port}`]);
    });

    it("predicts a row in the table's order, close to the actual value", async () => {
      const fields = (rows[0] ?? "").split(",");
      const row = fields.slice(0, 7).join(",");
      const { code, stdout } = await local(["invoke", "--port", String(port), "--", row]);
      equal(code, 0);
      ok(Math.abs(Number(stdout) - Number(fields[8])) < 60_000, `${row}: ${stdout}`);
    });

    it("predicts the rows of a file, one per line", async () => {
      const file = writeRows(
        join(folder, "rows.csv"),
        rows.slice(0, 5).map((row) => row.split(",").slice(0, 7).join(",")),
      );
      const { stdout } = await local(["invoke", "--port", String(port), file]);
      const predictions = stdout.trim().split("\n").map(Number);
      equal(predictions.length, 5);
      predictions.forEach((prediction, index) => {
        ok(Math.abs(prediction - Number(rows[index]?.split(",")[8])) < 60_000);
      });
    });

    it("rejects a row of another width with the model's message", async () => {
      const { code, stderr } = await local(["invoke", "--port", String(port), "1,2"]);
      equal(code, 1);
      match(
        stderr,
        /^error: the model rejects line 1: InvokeEndpoint: Received client error \(400\) from primary with message .*7/,
      );
    });

    it("keeps its port", async () => {
      const { code, stderr } = await run("serve", "--port", String(port));
      equal(code, 1);
      equal(stderr, `error: port ${port} is in use; choose another with --port\n`);
    });

    it("ends and frees its port when the command is killed", async () => {
      server.removeAllListeners("exit");
      const ended = new Promise<void>((done) =>
        server.once("exit", () => {
          done();
        }),
      );
      server.kill("SIGKILL");
      await ended;
      const answers = (): Promise<boolean> =>
        fetch(`http://127.0.0.1:${port}/ping`).then(
          () => true,
          () => false,
        );
      while (await answers()) {
        await new Promise((done) => setTimeout(done, 20));
      }
      server = await startServer();
    });

    it("ends in order when interrupted", async () => {
      server.removeAllListeners("exit");
      const ended = new Promise<number | null>((done) => server.once("exit", done));
      server.kill("SIGINT");
      equal(await ended, 130);
      const { code, stderr } = await local(["invoke", "--port", String(port), "1"]);
      equal(code, 1);
      match(stderr, /^error: no model is served on port 18231/);
    });
  });

  // After the served model is done with: mocha runs a suite's own tests before the suites in it.
  describe("clean", () => {
    it("refuses a folder with files that no run wrote", async () => {
      const other = join(folder, "other");
      mkdirSync(join(other, "executions"), { recursive: true });
      writeFileSync(join(other, "thesis.tex"), "years of work");
      const { code, stderr } = await local(["clean", "--yes", "--work-folder", other]);
      equal(code, 1);
      match(
        stderr,
        /^error: .*other is not a work folder, .*: thesis\.tex; nothing was removed\n$/,
      );
      deepEqual(readdirSync(other).sort(), ["executions", "thesis.tex"]);
    });

    it("lists what it would remove, and removes it once confirmed", async () => {
      const { code, stdout } = await run("clean");
      equal(code, 1);
      equal(
        stdout,
        `would remove ${workFolder}: 2 executions, 1 model version, 1 unpacked model, ` +
          "the S3 folder, and the report\nadd --yes to remove it\n",
      );
      ok(existsSync(workFolder));
      equal((await run("clean", "--yes")).code, 0);
      ok(!existsSync(workFolder));
    });
  });
});
