import { deepEqual, equal, ok } from "node:assert/strict";

import { stepGraph } from "../../report/stepGraph";
import { standaloneStepGraph } from "../../report/stepGraphSvg";
import { layOut, nameLines } from "../../report/stepLayout";
import { condition, definitionOf, result, step } from "./records";

const get = (path: string): { Get: string } => ({ Get: `Steps.${path}` });

describe("stepGraph", () => {
  const steps = [
    step("Read"),
    step("Split", { Arguments: { Input: get("Read.ProcessingJobName") } }),
    step("Train", { Arguments: { Input: get("Split.ProcessingJobName") }, DependsOn: ["Read"] }),
    condition(
      "Check",
      [step("Register", { DependsOn: ["Train"] }), step("Tell", { DependsOn: ["Register"] })],
      [step("Refuse", { Type: "Fail" })],
      { DependsOn: ["Train"] },
    ),
  ];
  const definition = definitionOf(steps);

  it("has an edge for each reference, DependsOn and branch, without redundant ones", () => {
    deepEqual(
      stepGraph(definition).edges.map(({ branch, from, to }) => [from, to, branch]),
      [
        ["Read", "Split", undefined],
        ["Split", "Train", undefined],
        ["Train", "Check", undefined],
        ["Check", "Register", "true"],
        ["Register", "Tell", undefined],
        ["Check", "Refuse", "false"],
      ],
    );
  });

  const states = (results: Parameters<typeof stepGraph>[1]): unknown =>
    Object.fromEntries(
      stepGraph(definition, results).nodes.map(({ name, state }) => [name, state]),
    );

  it("shows which steps were skipped or reused", () => {
    const results = [
      result("Read", { reusedFrom: "other" }),
      result("Split"),
      result("Train"),
      result("Check", { type: "Condition", detail: "false" }),
      result("Register", { status: "NotExecuted" }),
      result("Tell", { status: "NotExecuted" }),
      result("Refuse", { status: "Failed" }),
    ];
    deepEqual(states(results), {
      Read: "Cached",
      Split: "Succeeded",
      Train: "Succeeded",
      Check: "Succeeded",
      Register: "Skipped",
      Tell: "Skipped",
      Refuse: "Failed",
    });
  });

  it("shows which steps a failed or stopped run did not reach", () => {
    deepEqual(states([result("Read"), result("Split", { status: "Stopped" })]), {
      Read: "Succeeded",
      Split: "Stopped",
      Train: "Not reached",
      Check: "Not reached",
      Register: "Not reached",
      Tell: "Not reached",
      Refuse: "Not reached",
    });
  });

  it("skips steps that depend on a skipped step, even outside the branch", () => {
    const waiting = definitionOf([
      ...steps,
      step("After", { DependsOn: ["Tell"] }),
      step("Last", { DependsOn: ["After"] }),
    ]);
    const results = [result("Check", { type: "Condition", detail: "false" })];
    const found = new Map(
      stepGraph(waiting, results).nodes.map(({ name, state }) => [name, state]),
    );
    deepEqual([found.get("After"), found.get("Last")], ["Skipped", "Skipped"]);
  });
});

describe("layOut", () => {
  /** A pipeline of ten candidates: 42 steps. */
  const many = definitionOf([
    step("Read"),
    step("Split", { DependsOn: ["Read"] }),
    ...Array.from({ length: 10 }, (_, index) => [
      step(`Tune${index}`, { DependsOn: ["Split"] }),
      step(`Evaluate${index}`, { DependsOn: [`Tune${index}`] }),
      condition(`Select${index}`, [step(`Register${index}`)], [], {
        DependsOn: Array.from({ length: 10 }, (__, other) => `Evaluate${other}`),
      }),
    ]).flat(),
  ]);

  it("places each of many steps inside the picture, below its dependencies, without overlap", () => {
    const { edges, height, nodes, width } = layOut(stepGraph(many));
    equal(nodes.length, 42);
    for (const one of nodes) {
      ok(one.x - one.width / 2 >= 0 && one.x + one.width / 2 <= width, one.name);
      ok(one.y - one.height / 2 >= 0 && one.y + one.height / 2 <= height, one.name);
      for (const other of nodes) {
        const apart =
          Math.abs(one.x - other.x) >= (one.width + other.width) / 2 ||
          Math.abs(one.y - other.y) >= (one.height + other.height) / 2;
        ok(one === other || apart, `${one.name} lies on ${other.name}`);
      }
    }
    const heights = new Map(nodes.map(({ name, y }) => [name, y]));
    for (const { from, points, to } of edges) {
      ok((heights.get(from) ?? 0) < (heights.get(to) ?? 0), `${from} to ${to}`);
      ok(points.length >= 2);
    }
  });

  it("breaks long names at words, and loses nothing", () => {
    deepEqual(nameLines("Preprocess"), ["Preprocess"]);
    deepEqual(nameLines("EvaluateGradientBoostedTrees"), ["EvaluateGradient", "BoostedTrees"]);
    for (const name of [
      "x".repeat(64),
      "A-b_C-".repeat(10),
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123",
    ]) {
      const lines = nameLines(name);
      equal(lines.join(""), name);
      ok(
        lines.every(({ length }) => length <= 22),
        lines.join("|"),
      );
    }
  });
});

describe("standaloneStepGraph", () => {
  const svg = standaloneStepGraph(
    stepGraph(definitionOf([condition("Check", [step("Register")], [])]), [
      result("Check", { type: "Condition", detail: "true" }),
      result("Register", { seconds: 75 }),
    ]),
    "Steps",
  );

  it("shows states by symbol and word, and branches by a dashed edge with the outcome", () => {
    ok(svg.includes("✓ Succeeded: true") && svg.includes("✓ Succeeded 1 min 15 s"));
    ok(svg.includes('class="edge conditional"') && svg.includes(">true</text"));
  });

  it("is self-contained, with light and dark modes", () => {
    ok(svg.startsWith("<svg\n") || svg.startsWith("<svg "));
    ok(svg.includes("prefers-color-scheme: dark"));
    equal(/https?:/.test(svg.replace("http://www.w3.org/2000/svg", "")), false);
  });
});
