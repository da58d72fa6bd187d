import { deepEqual } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The project's own Markdown files. */
const documents = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync("docs").map((file) => `docs/${file}`),
  ...readdirSync("examples").map((folder) => `examples/${folder}/README.md`),
].filter((file) => file.endsWith(".md"));

describe("documents", () => {
  for (const document of documents) {
    it(`${document} links to files that exist`, () => {
      const links = [...readFileSync(document, "utf8").matchAll(/\]\(([^)#\s]+)/g)].map(
        ([, link]) => link ?? "",
      );
      const broken = links.filter(
        (link) => !/^https?:/.test(link) && !existsSync(join(dirname(document), link)),
      );
      deepEqual(broken, []);
    });
  }

  it("README names only npm scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = [
      ...readFileSync("README.md", "utf8").matchAll(/npm run (?:--silent )?([a-z]+)/g),
    ];
    deepEqual(
      named.map(([, name]) => name ?? "").filter((name) => !(name in scripts)),
      [],
    );
  });
});
