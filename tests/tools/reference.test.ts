import { equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";

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
