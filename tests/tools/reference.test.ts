import { equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";

import { withCalls } from "../../tools/callsTable";
import { renderReference } from "../../tools/reference";

describe("docs/reference.md", () => {
  it("is what `npm run docs` writes", () => {
    equal(readFileSync("docs/reference.md", "utf8"), renderReference());
  });

  it("says something of every key and member", () => {
    const empty = renderReference()
      .split("\n")
      .filter((line) => /^\| `.*\|\s*\|$/.test(line));
    equal(empty.join("\n"), "");
    for (const name of ["restate:forceDestroy", "spotMaxWaitTimeInSeconds", "pipelineDefinition"]) {
      ok(renderReference().includes(`\`${name}\``), name);
    }
  });
});

describe("docs/security.md", () => {
  const text = readFileSync("docs/security.md", "utf8");

  it("prints the table of calls as `npm run docs` writes it", () => {
    equal(text, withCalls(text));
  });

  it("says in whose name, on what, and how it is known", () => {
    const [row = ""] = text
      .split("\n")
      .filter((line) => line.startsWith("| processing |") && line.includes("glue:CreateTable"));
    for (const part of ["table/sagemaker_processing/sagemaker_tmp_", "| certain |", "guide"]) {
      ok(row.includes(part), part);
    }
  });
});
