import { deepEqual } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The project's own Markdown files. */
const documents = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync("docs").map((file) => `docs/${file}`),
  "serving/README.md",
  ...readdirSync("examples", { recursive: true, encoding: "utf8" }).map(
    (file) => `examples/${file}`,
  ),
].filter((file) => file.endsWith(".md"));

/** The headings of a document, as GitHub names them in links. */
function headings(file: string): ReadonlySet<string> {
  return new Set(
    [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      (heading ?? "")
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

describe("documents", () => {
  for (const document of documents) {
    it(`${document} links to files and headings that exist`, () => {
      const links = [...readFileSync(document, "utf8").matchAll(/\]\(([^)\s]+)\)/g)].map(
        ([, link]) => link ?? "",
      );
      const broken = links.filter((link) => {
        const [path = "", heading] = link.split("#");
        const file = path === "" ? document : join(dirname(document), path);
        return (
          !/^https?:/.test(link) &&
          (!existsSync(file) || (heading !== undefined && !headings(file).has(heading)))
        );
      });
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
