import { deepEqual, equal, match, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { StepGraph } from "../../report/stepGraph";
import { commandLine } from "../support/commandLine";
import { type Ended, temporaryFolder } from "../support/localRun";

describe("npm run definition -- graph", () => {
  const folder = temporaryFolder();
  const run = (...args: readonly string[]): Promise<Ended> => commandLine(["definition", ...args]);

  it("prints a stack's steps and their dependencies as JSON", async () => {
    const { code, stderr, stdout } = await run("graph", "--json");
    equal(code, 0, stderr);
    const { edges, nodes } = JSON.parse(stdout) as StepGraph;
    deepEqual(nodes[0], { name: "DataWranglerProcess", type: "Processing" });
    ok(edges.some(({ from, to }) => from === "TuneXGBoost" && to === "EvaluateXGBoost"));
    deepEqual(
      edges.find(({ to }) => to === "RegisterXGBoost"),
      { from: "SelectXGBoost", to: "RegisterXGBoost", branch: "true" },
    );
  });

  it("prints an SVG of the definition in a file", async () => {
    const file = join(folder, "definition.json");
    writeFileSync(file, JSON.stringify({ Steps: [{ Name: "Only", Type: "Fail", Arguments: {} }] }));
    const { code, stderr, stdout } = await run("graph", file);
    equal(code, 0, stderr);
    match(stdout, /^<svg[^]*<title>Only \(Fail\)<\/title>[^]*<\/svg>\n$/);
  });

  it("reads the configuration from a given file", async () => {
    const file = join(folder, "one.yaml");
    const candidate =
      "{ name: Alone, algorithm: decision-tree, ranges: { max_depth: { type: integer, min: 2, max: 5 } } }";
    writeFileSync(file, `config:\n  aws:region: us-east-1\n  restate:candidates: [${candidate}]\n`);
    const { code, stderr, stdout } = await run("--config-file", file, "graph", "--json");
    equal(code, 0, stderr);
    const { nodes } = JSON.parse(stdout) as StepGraph;
    deepEqual(
      nodes.filter(({ type }) => type === "Tuning").map(({ name }) => name),
      ["TuneAlone"],
    );
  });

  it("names a definition that does not exist, or is a folder", async () => {
    for (const path of ["/nowhere.json", folder]) {
      const { code, stderr } = await run("graph", path);
      equal(code, 2);
      equal(stderr, `error: "${path}" is not a file, a stack or a git revision\n`);
    }
    const { stderr } = await run("--config-file", folder);
    equal(stderr, `error: --config-file: ${folder} is a folder, not a file\n`);
  });

  for (const [what, text, problem] of [
    [
      "a key twice",
      "config:\n  aws:region: us-east-1\n  aws:region: us-west-2\n",
      "Map keys must be unique at line 3, column 3: aws:region: us-west-2",
    ],
    [
      "an encrypted key",
      "config:\n  aws:region: us-east-1\n  aws:secretKey: { secure: x }\n  restate:minimumR2: { secure: x }\n",
      "restate:minimumR2 is encrypted, which only the Pulumi CLI can read; no key of this program is a secret: set it in " +
        "plain text, with `pulumi config set restate:minimumR2 VALUE`",
    ],
    [
      "a long word",
      `config: *${"long".repeat(200)}\n`,
      `Unresolved alias (the anchor must be set before the alias): ${"long".repeat(20)}…`,
    ],
    [
      "prose",
      `Some words\n## A heading\n${"more words ".repeat(20)}\n`,
      `Unexpected scalar token in YAML stream: "${"more words ".repeat(8).slice(0, 79)}…" at line 3, column 1: ${"more words ".repeat(8).slice(0, 79)}…`,
    ],
    [
      "an open list",
      "config:\n  restate:x: [\n",
      "Flow sequence in block collection must be sufficiently indented and end with a ] at line 3, column 1",
    ],
    [
      "two documents",
      "config: {}\n---\nconfig: {}\n",
      "Source contains multiple documents at line 2, column 1: ---",
    ],
  ] as const) {
    it(`says what is wrong in a configuration with ${what}`, async () => {
      const file = join(folder, "wrong.yaml");
      writeFileSync(file, text);
      const { code, stderr } = await run("--config-file", file);
      deepEqual([code, stderr], [2, `error: ${file}: ${problem}\n`]);
    });
  }
});

describe("npm run definition -- cost", () => {
  const folder = temporaryFolder();
  const run = (...args: readonly string[]): Promise<Ended> =>
    commandLine(["definition", "cost", ...args]);

  it("prints each step, the execution and the stack", async () => {
    const { code, stderr, stdout } = await run();
    equal(code, 0, stderr);
    match(stdout, /│ TuneXGBoost +│ 8 +│ 1 x ml\.m5\.xlarge +│ 0\.03 │ 0\.16 +│ 13\.64 │/);
    match(stdout, /│ an execution +│ +│ +│ 0\.14 │ 0\.70 +│ 64\.37 │/);
    match(stdout, /^USD, on demand in us-east-1 on \d{4}-\d\d-\d\d\. Not included: /m);
    match(stdout, /, and retries of failed executions \(docs\/costs\.md\)\.$/m);
    match(stdout, /^The stack costs 0\.002 per hour when idle, 1\.10 per month\.$/m);
    match(
      stdout,
      /^Serving by serving\/Pulumi\.dev\.yaml costs 84\.15 per month when idle: 1 x ml\.m5\.large, 2 alarms\.$/m,
    );
    match(stdout, /^At rest, that is 85\.25 per month in total\.$/m);
  });

  it("prints what logging each execution costs, if a job does that, for a stack of another folder", async () => {
    const path = join(folder, "Pulumi.logging.yaml");
    const config = [
      "tracking: mlflow",
      "mlflowLogging: outside-network",
      "network: { mode: none }",
    ];
    writeFileSync(
      path,
      `config:\n  aws:region: us-east-1\n${config.map((line) => `  restate:${line}\n`).join("")}`,
    );
    const { code, stderr, stdout } = await run("--config-file", path);
    equal(code, 0, stderr);
    match(
      stdout,
      /^Logging to MLflow costs 0\.00 after each execution and approval, at most 0\.40\.$/m,
    );
  });

  it("prints the cost of a change, with custom prices", async () => {
    const job = (type: string): string => {
      const file = join(folder, `${type}.json`);
      const arguments_ = {
        ProcessingResources: { ClusterConfig: { InstanceCount: 1, InstanceType: type } },
        StoppingCondition: { MaxRuntimeInSeconds: 3480 },
      };
      const definition = { Steps: [{ Name: "Job", Type: "Processing", Arguments: arguments_ }] };
      writeFileSync(file, JSON.stringify(definition));
      return file;
    };
    const prices = join(folder, "prices.json");
    writeFileSync(
      prices,
      JSON.stringify({ instanceHour: { "ml.own.large": 10 }, currency: "EUR" }),
    );
    const { code, stderr, stdout } = await run(
      ...[job("ml.m5.xlarge"), job("ml.own.large"), "--prices", prices],
    );
    equal(code, 0, stderr);
    match(stdout, /│ Job +│ \+0\.16 │ \+0\.81 +│ \+9\.77 │ 10\.00 +│/);
    match(stdout, /^EUR, /m);
  });

  it("reports problems with custom prices", async () => {
    const prices = join(folder, "wrong.json");
    writeFileSync(prices, JSON.stringify({ instanceHours: {} }));
    const { code, stderr } = await run("--prices", prices);
    equal(code, 2);
    match(stderr, /^error: .*wrong\.json: .*instanceHours/s);
    for (const missing of [join(folder, "missing.json"), folder]) {
      deepEqual(await run("--prices", missing), {
        code: 2,
        stderr: `error: --prices: file does not exist: ${missing}\n`,
        stdout: "",
      });
    }
  });
});
