import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";

import { z } from "zod";

import { algorithms } from "../../pipeline/algorithms";
import { stackRules } from "../../policy/rules";
import { documents } from "../../tools/docs";
import { withMarked } from "../../tools/docs/marked";
import { withConfig } from "../../tools/docs/pulumiYaml";
import { describe as described } from "../../tools/docs/schema";
import { memberRows } from "../../tools/docs/tables";

describe("npm run docs", () => {
  for (const [path, render] of Object.entries(documents)) {
    it(`leaves ${path} unchanged`, async () => {
      const text = readFileSync(path, "utf8");
      equal(text, await render(text));
    });
  }

  it("describes every key, member and export", () => {
    for (const path of ["docs/reference.md", "serving/README.md"]) {
      const silent = readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => /^\| `.*\|\s*\|$/.test(line));
      deepEqual(silent, [], path);
    }
  });

  const listed: readonly (readonly [string, string, readonly string[]])[] = [
    ["algorithm", "docs/own-table.md", Object.keys(algorithms)],
    ["rule for a whole stack", "docs/security.md", stackRules.map(({ name }) => name)],
  ];
  for (const [what, path, names] of listed) {
    it(`leaves no ${what} out of ${path}`, () => {
      const text = readFileSync(path, "utf8");
      deepEqual(
        names.filter((name) => !text.includes(`\`${name}\``)),
        [],
      );
    });
  }

  it("lists role, resource and evidence for each call of a job", () => {
    const [row = ""] = readFileSync("docs/security.md", "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| processing |") && line.includes("glue:CreateTable"));
    for (const part of ["table/sagemaker_processing/sagemaker_tmp_", "| certain |", "guide"]) {
      ok(row.includes(part), part);
    }
  });

  const schema = described(
    z.strictObject({
      count: z.int().min(1).max(9).default(3).describe("How many."),
      score: z.number().max(1).default(0).describe("How good."),
      kind: z.enum(["a", "b"]).describe("Which."),
      places: z
        .array(z.strictObject({ name: z.string().describe("What it is called.") }))
        .min(2)
        .default([{ name: "x" }, { name: "y" }])
        .describe("Where."),
      mode: z
        .discriminatedUnion("on", [
          z.strictObject({ on: z.literal("yes").describe("On."), size: z.int().min(1) }),
          z.strictObject({ on: z.literal("no").describe("Off.") }),
        ])
        .default({ on: "no" })
        .describe("Whether."),
    }),
  );

  it("lists members at all depths with type, limits and default", () => {
    deepEqual(memberRows(schema), [
      ["`count`", "integer, 1 to 9", "`3`", "How many."],
      ["`score`", "number, at most 1", "`0`", "How good."],
      ["`kind`", "`a` or `b`", "required", "Which."],
      ["`places`", "list of at least 2", "`[{name: x}, {name: y}]`", "Where."],
      ["`places[].name`", "string", "required", "What it is called."],
      ["`mode`", "object", "`{on: no}`", "Whether."],
      ["`mode.on`", "`yes`", "required", "On."],
      ["`mode.size`", "integer, at least 1", "required", ""],
      ["`mode.on`", "`no`", "required", "Off."],
    ]);
  });

  it("declares keys to Pulumi, and leaves the rest of the project's file unchanged", async () => {
    const before = "name: p\nruntime: nodejs # a comment\nconfig: { p:old: {} }\n";
    equal(
      await withConfig(before, "p", schema),
      `name: p
runtime: nodejs # a comment
config:
  p:count:
    type: integer
    description: >-
      How many. Allowed: 1 to 9.
    default: 3
  p:score:
    type: string
    description: >-
      How good. Allowed: at most 1.
    default: "0"
  p:kind:
    type: string
    description: >-
      Which. Allowed: a, b.
  p:places:
    type: array
    items:
      type: object
    description: >-
      Where. Each has name.
    default:
      - { name: x }
      - { name: y }
  p:mode:
    type: object
    description: >-
      Whether. on is yes (size) or no.
    default: { on: no }
`,
    );
  });

  it("refuses a document without the expected markers", () => {
    throws(() => withMarked("# Title\n", "calls", ""), /lacks <!-- calls: written by/);
  });
});
