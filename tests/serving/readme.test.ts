import { ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The anchors of a page's headings, as GitHub makes them. */
const anchors = (page: string): readonly string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );

describe("the README of serving", () => {
  const folder = "serving";
  const readme = join(folder, "README.md");

  it("links to files and sections that exist", () => {
    for (const [, link = ""] of readFileSync(readme, "utf8").matchAll(/\]\(([^)\s]+)\)/g)) {
      const [file = "", section] = link.split("#");
      const page = readFileSync(file === "" ? readme : join(folder, file), "utf8");
      ok(section === undefined || anchors(page).includes(section), link);
    }
  });
});
