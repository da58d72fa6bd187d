import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  waitUntilEndpointInService,
} from "@aws-sdk/client-sagemaker";

import { stackProgram } from "../../cli/stackProgram";
import { openMachine } from "../../cli/world";
import type { World } from "../../sageMaker/world";
import { ensurePipeline } from "../../local/api/pipelines";
import type { ServedApi } from "../../local/environments/awsServices";
import { serveApi } from "../../local/api/server";
import { canonicalJson } from "../../pipeline/language/canonicalJson";
import { commandLine } from "../support/commandLine";
import { housingRows, writeRows } from "../support/housing";
import {
  cliScript,
  command,
  type Ended,
  smallDefinition,
  temporaryFolder,
  writeDefinition,
} from "../support/localRun";
import { freePort } from "../support/ports";
import { credentials, noCredentials, restateScript } from "./stack";

/** A work folder looked at by `--local`, and by `--stack` of what `restate emulate` serves of it. */
describe("the commands on an emulator of AWS and on this machine", () => {
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
    const program = await stackProgram({});
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
    it(`${verb} prints the same list`, async () => {
      ok((await same([verb])).stdout.length > 100);
      ok((await same([verb, "--json"])).stdout.length > 100);
    });
  }

  it("trials prints the same CSV, of the given execution", async () => {
    equal((await same(["trials", succeeded, "--csv"])).stdout.split("\n").length, 8);
  });

  it("status shows the same for a failed execution, by its id or ARN", async () => {
    const { stdout } = await same(["status", failed, "--json"]);
    const { arn } = JSON.parse(stdout) as { arn: string };
    equal((await same(["status", arn, "--json"])).stdout, stdout);
    match((await same(["status", failed])).stdout, /FailBelowMinimumR2.*Failed/);
  });

  it("logs prints the same for a job and for all trials", async () => {
    ok((await same(["logs", "Preprocess", succeeded])).stdout.length > 0);
    match((await same(["logs", "TuneXGBoost", succeeded])).stdout, /validation-rmse/);
  });

  it("compare prints the same, with the evaluations' metrics from S3", async () => {
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

  it("report writes a page for each execution, and notes what is unavailable in AWS", async () => {
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
    match(pages[0] ?? "", /only predictions of test rows are available/);
    match(pages[0] ?? "", /<h2>The winner: /);
    ok(!(pages[2] ?? "").includes("only predictions of test rows"));
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

  it("retry continues a failed execution, and reports the same failure", async () => {
    const { stderr } = await same(["retry", failed, "--wait"], 1);
    match(stderr, /^error: step FailBelowMinimumR2 failed: /);
  });

  it("stop stops a running execution, and prints the same", async () => {
    const printed: Ended[] = [];
    for (const [world, ...more] of [
      [there],
      [here],
      [there, "--json"],
      [here, "--json"],
    ] as const) {
      const { stdout } = await there("start", "--json");
      const { execution } = JSON.parse(stdout) as { execution: string };
      printed.push(plain(await world("stop", execution, ...more)));
      await emulated.machine?.runs.ended(execution);
      const { stdout: after } = await there("status", execution, "--json");
      match(after, /"status":"Stopped"/);
      deepEqual(plain(await there("stop", execution)), plain(await here("stop", execution)));
    }
    const [text, , json] = printed;
    deepEqual(printed, [text, text, json, json]);
    deepEqual(text, { code: 0, stdout: "execution EXECUTION: Stopping\n", stderr: "" });
    match(json?.stdout ?? "", /^\{"execution":"EXECUTION","arn":"arn:[^"]*\/EXECUTION"\}\n$/);
  });

  it("invoke prints the same for an endpoint and for a model served by serve", async () => {
    const { client } = emulated;
    const [model] = JSON.parse((await there("models", "--json")).stdout) as { arn: string }[];
    const ModelName = "served";
    await client.send(
      new CreateModelCommand({
        ModelName,
        ExecutionRoleArn: "arn:aws:iam::111122223333:role/team",
        Containers: [{ ModelPackageName: model?.arn }],
      }),
    );
    const variant = { VariantName: "all", ModelName, InstanceType: "ml.m5.large" } as const;
    await client.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: "served",
        ProductionVariants: [{ ...variant, InitialInstanceCount: 1 }],
      }),
    );
    await client.send(
      new CreateEndpointCommand({ EndpointName: "served", EndpointConfigName: "served" }),
    );
    const port = await freePort();
    const serving = spawn(process.execPath, [
      ...[...cliScript, "serve", "1", "--port", String(port), "--work-folder", workFolder],
    ]);
    const ended = once(serving, "close");
    try {
      await Promise.all([
        waitUntilEndpointInService(
          { client, maxWaitTime: 120, minDelay: 1 },
          { EndpointName: "served" },
        ),
        once(serving.stdout, "data"),
      ]);
      const row = "-118.17,34.24,45,1257,269,751,255";
      const rows = join(folder, "rows.csv");
      writeFileSync(rows, `${row}\n\n${row}\n`);
      const asHere = ["--local", "invoke", "--port", String(port), "--work-folder", workFolder];
      for (const [code, ...args] of [
        [0, "--json", "--", row],
        [0, rows],
        [1, "--", `${row},7,8`],
        [1, "no-such-file.csv"],
      ] as const) {
        const inAws = await commandLine(
          ["invoke", "--outputs", outputs, ...args.slice(0, -1), "served", ...args.slice(-1)],
          environment,
        );
        const onThisMachine = await commandLine([...asHere, ...args]);
        // Only an endpoint has a log.
        const stderr = inAws.stderr
          .replace("the endpoint served", "the model")
          .replace(/\. See \S+served\.log for more information/, "");
        deepEqual({ ...inAws, stderr }, onThisMachine);
        equal(inAws.code, code, inAws.stderr);
        equal(inAws.stdout === "", code === 1);
      }
    } finally {
      serving.kill("SIGINT");
      await ended;
      await client.send(new DeleteEndpointCommand({ EndpointName: "served" }));
    }
  });

  it("tables fit the terminal in both worlds", async () => {
    for (const width of [60, 80, 120]) {
      process.env["COLUMNS"] = String(width);
      try {
        for (const args of [
          ...[
            ["runs"],
            ["models"],
            ["trials", succeeded],
            ["status", succeeded],
            ["status", failed],
          ],
          ["compare", succeeded, failed],
        ]) {
          const { stdout } = await same(args);
          const table = stdout.split("\n").filter((line) => /^[┌│├└]/.test(line));
          ok(table.length > 3, stdout);
          deepEqual(
            table.filter((line) => line.length > width),
            [],
          );
        }
      } finally {
        delete process.env["COLUMNS"];
      }
    }
  });

  it("definition prints the same", async () => {
    const [inAws, onThisMachine] = [
      await commandLine(["definition", "--canonical"]),
      await commandLine(["--local", "definition", "--canonical"]),
    ];
    deepEqual(inAws, onThisMachine);
  });

  it("both worlds refuse the same input with the same message", async () => {
    for (const args of [
      ["stop", failed],
      ["retry", succeeded],
      ["approve", "7"],
      ["approve", "first"],
      ["reject", "1", "--comment", "x".repeat(1100)],
      ["approve", "1", "--group", "other"],
      ["stop", "none00000000"],
      ["compare", succeeded, `${succeeded.slice(0, -1)}!`],
      ["trials", "--csv", "--json"],
      ["logs", "Nowhere", succeeded],
      ["start", "--parameter", "Minimum=1"],
      ["start", "--only", "Nowhere", "--source", succeeded],
    ]) {
      match((await same(args, 1)).stderr, /^error: /);
    }
  });

  it("verbs that only work on this machine name the alternative in AWS", async () => {
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
    for (const [option, ...value] of [
      ["--quiet"],
      ["--no-cache"],
      ["--trust-code"],
      ["--data", data],
    ]) {
      const { code, stderr } = await there("run", option ?? "", ...value);
      equal(stderr, `error: ${option ?? ""} only applies to runs on this machine: add --local\n`);
      equal(code, 1);
    }
  });

  it("works from the cached bundle, compiled or not", async () => {
    const args = [...restateScript, "runs", "--json", "--outputs", outputs];
    for (let run = 0; run < 2; run++) {
      const { code, stderr, stdout } = await command(process.execPath, args, environment);
      deepEqual([code, stderr], [0, ""]);
      equal((JSON.parse(stdout) as { id: string }[]).at(-1)?.id, succeeded);
    }
  });
});
