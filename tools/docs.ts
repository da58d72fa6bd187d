/**
 * Writes the generated parts of the docs: `npm run docs`. A test checks that each file is current.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { settingsSchema } from "../config/schema";
import { servingOutputs } from "../serving/outputs";
import { settingsSchema as servingSettings } from "../serving/settings";
import { attackPathsTable } from "./docs/attackPaths";
import { callsTables } from "./docs/calls";
import { withMarked } from "./docs/marked";
import { withConfig } from "./docs/pulumiYaml";
import { exportsTable, parametersTable, renderReference } from "./docs/reference";
import { describe } from "./docs/schema";
import { memberRows, table } from "./docs/tables";

const root = resolve(__dirname, "..");

/** For each file, a function from its current to its new content. */
export const documents: Readonly<Record<string, (text: string) => Promise<string> | string>> = {
  "Pulumi.yaml": (text) => withConfig(text, "restate", describe(settingsSchema)),
  "README.md": (text) => withMarked(text, "parameters", parametersTable()),
  "docs/reference.md": () => renderReference(),
  "docs/security.md": (text) =>
    withMarked(withMarked(text, "calls", callsTables()), "paths", attackPathsTable()),
  "serving/Pulumi.yaml": (text) => withConfig(text, "restate-serving", describe(servingSettings)),
  "serving/README.md": (text) =>
    withMarked(
      withMarked(
        text,
        "configuration",
        table(["Key", "Type", "Default", "Meaning"], memberRows(describe(servingSettings))),
      ),
      "exports",
      exportsTable(servingOutputs),
    ),
};

async function write(): Promise<void> {
  for (const [path, render] of Object.entries(documents)) {
    const file = join(root, path);
    writeFileSync(file, await render(readFileSync(file, "utf8")));
  }
}

if (require.main === module) {
  void write();
}
