import { deepEqual, ok } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

interface Declaration {
  readonly default: unknown;
  readonly description: string;
}

/** A default, as Pulumi.<stack>.yaml could write it on one line. */
function written(value: unknown): string {
  if (value === "") {
    return "";
  }
  const text = typeof value === "string" ? value : JSON.stringify(value).replaceAll('"', "");
  return `\`${typeof value === "string" ? text : text.replace(/[:,]/g, "$& ")}\``;
}

describe("the README of serving", () => {
  const readme = readFileSync("serving/README.md", "utf8");
  const section = (title: string): string =>
    readme.split(`## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = (title: string): readonly string[] =>
    section(title)
      .split("\n")
      .filter((line) => line.startsWith("| `"));

  it("lists the configuration as Pulumi.yaml declares it", () => {
    const { config } = parse(readFileSync("serving/Pulumi.yaml", "utf8")) as {
      readonly config: Readonly<Record<string, Declaration>>;
    };
    deepEqual(
      rows("Configuration"),
      Object.entries(config).map(([key, { default: value, description }]) => {
        const name = key.replace("restate-serving:", "");
        return `| \`${name}\` | ${written(value)} | ${description.trim()} |`;
      }),
    );
  });

  it("lists the exports as their type describes them", () => {
    const type = readFileSync("serving/outputs.ts", "utf8");
    const members = [...type.matchAll(/\/\*\* (.+) \*\/\n {2}readonly (\w+): string;/g)];
    deepEqual(
      rows("Exports"),
      members.map(([, description = "", name = ""]) => `| \`${name}\` | ${description} |`),
    );
    ok(members.length > 0);
  });

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
