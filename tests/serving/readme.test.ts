import { ok } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

describe("the README of serving", () => {
  const readme = readFileSync("serving/README.md", "utf8");

  it("links to files and sections that exist", () => {
    for (const [, link = ""] of readme.matchAll(/\]\(([^)\s]+)\)/g)) {
      ok(
        link.startsWith("#")
          ? readme.toLowerCase().includes(`\n## ${link.slice(1)}\n`)
          : existsSync(join("serving", link)),
        link,
      );
    }
  });
});
