import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openMachine, programOf } from "../../cli/world";
import type { World } from "../../cli/sageMaker/world";
import { ensurePipeline } from "../../local/api/pipelines";
import type { ServedApi } from "../../local/environments/awsServices";
import { serveApi } from "../../local/api/server";
import { canonicalJson } from "../../pipeline/language/canonicalJson";
import { commandLine } from "../support/commandLine";
import { housingRows, writeRows } from "../support/housing";
import {
  command,
  type Ended,
  smallDefinition,
  temporaryFolder,
  writeDefinition,
} from "../support/localRun";
import { credentials, noCredentials, restateScript } from "./stack";

/** A work folder looked at by `--local`, and by `--stack` of what `restate emulate` serves of it. */
describe("the same commands in both worlds", () => {
  const folder = temporaryFolder();
  const workFolder = join(folder, "work");
  const outputs = join(folder, "outputs.json");
  const data = join(folder, "housing.data");
  let emulated: World;
  let server: ServedApi;
  let environment: Readonly<Record<string, string>>;
  let succeeded: string;
  let failed: string;

  /** What a command prints, without what must differ: how it is typed, executions of its own, and time. */
  function plain({ code, stderr, stdout }: Ended): Ended {
    const shown = (text: string): string =>
      text
        .replaceAll(
          /npm run (?:local|restate) -- (.*?)(?: --work-folder \S+| --stack \S+)/g,
          "restate $1",
        )
        .replaceAll(/the pipeline restate-dev|the work folder \S+/g, "PLACE")
        // An id may have letters alone, as words of this length have.
        .replaceAll(
          /(?<=[Ee]xecution[ /]|"(?:id|execution)":")[a-z0-9]{12}\b|\b(?=[a-z]*\d)[a-z0-9]{12}\b/g,
          (id) => ([succeeded, failed].includes(id) ? id : "EXECUTION"),
        )
        .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+Z)?/g, "TIME")
        .replaceAll(/\b\d+\.\d+ s\b/g, "TIME")
        // Whether a short step is seen while it goes on is chance.
        .replaceAll(/^▶ .*\n/gm, "")
        .replaceAll(/"seconds":[\d.]+/g, '"seconds":0');
    return { code, stdout: shown(stdout), stderr: shown(stderr) };
  }

  const here = (...args: readonly string[]): Promise<Ended> =>
    commandLine(["--local", ...args, "--work-folder", workFolder], { RESTATE_DATA: data });
  const there = (...args: readonly string[]): Promise<Ended> =>
    commandLine([...args, "--outputs", outputs], environment);

  async function same(args: readonly string[], code = 0): Promise<Ended> {
    const inAws = await there(...args);
    // The emulator has more to do than to note the status of an execution that it has run.
    for (const [id] of `${inAws.stdout} ${args.join(" ")}`.matchAll(/\b[a-z0-9]{12}\b/g)) {
      await emulated.machine?.runs.ended(id);
    }
    const onThisMachine = await here(...args);
    deepEqual(plain(inAws), plain(onThisMachine));
    equal(inAws.code, code, inAws.stderr);
    return inAws;
  }

  before(async () => {
    writeRows(data, housingRows(800));
    const definition = writeDefinition(folder, await smallDefinition());
    const run = async (...more: readonly string[]): Promise<string> => {
      const { stdout } = await here(
        ...["run", "--definition", definition, "--json", "--quiet"],
        ...more,
      );
      return (JSON.parse(stdout) as { execution: string }).execution;
    };
    succeeded = await run();
    failed = await run("--parameter", "MinimumR2=0.9999");
    const options = { workFolder, data };
    const program = await programOf(options);
    emulated = openMachine(options, { program });
    ok(emulated.machine);
    ensurePipeline(emulated.machine, program);
    server = await serveApi(emulated.machine, 0);
    environment = { ...noCredentials, ...credentials, AWS_ENDPOINT_URL: server.url };
    const [pipeline] = await emulated.pipelines();
    writeFileSync(
      outputs,
      JSON.stringify({
        outputsVersion: "1",
        region: program.region,
        ...pipeline,
        pipelineDefinition: canonicalJson(program.definition),
        modelPackageGroupName: "restate-dev",
      }),
    );
  });

  after(async () => {
    await server.close();
    await emulated.close();
  });

  for (const verb of ["runs", "models", "trials", "status"]) {
    it(`${verb} lists the same`, async () => {
      ok((await same([verb])).stdout.length > 100);
      ok((await same([verb, "--json"])).stdout.length > 100);
    });
  }

  it("trials prints the same CSV, and of the execution that is named", async () => {
    equal((await same(["trials", succeeded, "--csv"])).stdout.split("\n").length, 8);
  });

  it("status shows the same of an execution that failed, by its id or ARN", async () => {
    const { stdout } = await same(["status", failed, "--json"]);
    const { arn } = JSON.parse(stdout) as { arn: string };
    equal((await same(["status", arn, "--json"])).stdout, stdout);
    match((await same(["status", failed])).stdout, /FailBelowMinimumR2.*Failed/);
  });

  it("logs prints the same, of a job and of all trials", async () => {
    ok((await same(["logs", "Preprocess", succeeded])).stdout.length > 0);
    match((await same(["logs", "TuneXGBoost", succeeded])).stdout, /validation-rmse/);
  });

  it("compare prints the same, with the metrics that the evaluations left in S3", async () => {
    const { stdout } = await same(["compare", succeeded, failed, "--json"]);
    const { rows } = JSON.parse(stdout) as { rows: { what: string; values: string[] }[] };
    const values = (what: string): string[] | undefined =>
      rows.find((row) => row.what === what)?.values;
    deepEqual(values("Status"), ["Succeeded", "Failed"]);
    deepEqual(values("Parameter MinimumR2"), ["0", "0.9999"]);
    const [model] = JSON.parse((await there("models", "--json")).stdout) as { r2: number }[];
    const scores = [values("DecisionTree R²")?.[0], values("XGBoost R²")?.[0]];
    ok(scores.includes(model?.r2.toPrecision(4)), scores.join());
    const [low = NaN, high = NaN] =
      values("XGBoost R², 90 %")?.[0]?.split(" to ").map(Number) ?? [];
    const r2 = Number(scores[1]);
    ok(low < r2 && r2 < high, `${low} to ${high}`);
    match((await same(["compare", succeeded, failed])).stdout, /The definitions are equal\.\n$/);
  });

  it("report writes a page of each execution, and says what it lacks of one in AWS", async () => {
    const page = join(folder, "page.html");
    const pages: string[] = [];
    for (const world of [there, here]) {
      for (const execution of [succeeded, failed]) {
        const { code, stderr, stdout } = await world("report", execution, "--output", page);
        deepEqual([code, stdout, stderr], [0, `${page}\n`, ""]);
        pages.push(readFileSync(page, "utf8"));
      }
    }
    const winner = /<strong>\w+<\/strong> wins with R² \d\.\d{4} on the test rows\./;
    equal(winner.exec(pages[0] ?? "")?.[0], winner.exec(pages[2] ?? "")?.[0]);
    match(pages[0] ?? "", /only the predictions of test rows are looked at/);
    match(pages[0] ?? "", /<h2>The winner: /);
    ok(!(pages[2] ?? "").includes("only the predictions of test rows"));
    match(pages[2] ?? "", /R² falls by \d\.\d\d from train to test rows/);
    for (const one of [pages[1], pages[3]]) {
      match(one ?? "", /<strong>The pipeline failed<\/strong> at FailBelowMinimumR2/);
    }
  });

  it("approve and reject print the same", async () => {
    await there("approve", "1");
    const both = ["approve", "reject"].map((verb) => [verb, "1", "--comment", "again"]);
    const printed: Ended[][] = [];
    for (const world of [there, here]) {
      const ended: Ended[] = [];
      for (const args of [...both, ["approve", "1", "--json"]]) {
        ended.push(await world(...args));
      }
      printed.push(ended);
    }
    deepEqual(printed[0], printed[1]);
    equal(printed[0]?.[1]?.stdout, "version 1 of restate-dev: Rejected (was Approved)\n");
  });

  it("start runs the same steps, and prints the same", async () => {
    const args = ["start", "--wait", "--only", "EvaluateXGBoost", "--source", succeeded];
    const { stdout } = await same(args);
    match(stdout, /EvaluateXGBoost/);
    match((await same([...args, "--json"])).stdout, /"status":"Succeeded"/);
  });

  it("retry goes on with an execution that failed, and fails in the same words", async () => {
    const { stderr } = await same(["retry", failed, "--wait"], 1);
    match(stderr, /^error: step FailBelowMinimumR2 failed: /);
  });

  it("definition prints the same", async () => {
    const [inAws, onThisMachine] = [
      await commandLine(["definition", "--canonical"]),
      await commandLine(["--local", "definition", "--canonical"]),
    ];
    deepEqual(inAws, onThisMachine);
  });

  it("refuses the same in the same words", async () => {
    for (const args of [
      ["stop", failed],
      ["retry", succeeded],
      ["approve", "7"],
      ["compare", succeeded, `${succeeded.slice(0, -1)}!`],
      ["trials", "--csv", "--json"],
      ["logs", "Nowhere", succeeded],
      ["start", "--parameter", "Minimum=1"],
      ["start", "--only", "Nowhere", "--source", succeeded],
    ]) {
      match((await same(args, 1)).stderr, /^error: /);
    }
  });

  it("says of what only this machine does what there is in AWS instead", async () => {
    const refusals: Readonly<Record<string, string>> = {
      clean: "`pulumi destroy` removes it",
      query: "use Athena itself",
      serve: "deploy serving/",
    };
    for (const [verb, instead] of Object.entries(refusals)) {
      const { code, stderr } = await there(verb);
      equal(
        stderr,
        `error: ${verb} only works on this machine: add --local; for a stack in AWS, ${instead}\n`,
      );
      equal(code, 1);
    }
    for (const [option, ...value] of [["--quiet"], ["--no-cache"], ["--data", data]]) {
      const { code, stderr } = await there("run", option ?? "", ...value);
      equal(stderr, `error: ${option ?? ""} only applies to runs on this machine: add --local\n`);
      equal(code, 1);
    }
  });

  it("works from the bundle that is kept, compiled or not", async () => {
    const args = [...restateScript, "runs", "--json", "--outputs", outputs];
    for (let run = 0; run < 2; run++) {
      const { code, stderr, stdout } = await command(process.execPath, args, environment);
      deepEqual([code, stderr], [0, ""]);
      equal((JSON.parse(stdout) as { id: string }[]).at(-1)?.id, succeeded);
    }
  });
});
