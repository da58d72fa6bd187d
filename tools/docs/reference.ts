import { settingsSchema } from "../../config/schema";
import { listOutputs, textOutputs } from "../../contract/outputs";
import { describe, type Described, membersOf } from "./schema";
import { defaultText, hasMembers, memberRows, table, typeText } from "./tables";

const namespace = "restate";
const settings = describe(settingsSchema);

/** The table of a stack's exports. */
export function exportsTable(outputs: Readonly<Record<string, string>>): string {
  return table(
    ["Export", "Meaning"],
    Object.entries(outputs).map(([name, meaning]) => [`\`${name}\``, meaning]),
  );
}

function keyRow(key: string, schema: Described): readonly string[] {
  const { default: value, description } = schema;
  const isLong = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  const full = `${namespace}:${key}`;
  return [
    `\`${full}\``,
    hasMembers(schema) ? `[${typeText(schema)}](#${namespace}${key})` : typeText(schema),
    isLong ? `see \`${full}\` in [Pulumi.yaml](../Pulumi.yaml)` : defaultText(value),
    description ?? "",
  ];
}

function membersSection(key: string, schema: Described): string {
  const { items } = schema;
  const intro = items === undefined ? "" : "A list; each has:\n\n";
  const rows = memberRows(items ?? schema);
  return `### ${namespace}:${key}\n\n${intro}${table(["Member", "Type", "Default", "Meaning"], rows)}`;
}

/** The README's table of the pipeline's parameters. */
export function parametersTable(): string {
  return table(
    ["Parameter", "Default from", "Meaning"],
    membersOf(settings).flatMap(([key, { parameter, use }]) =>
      parameter === undefined ? [] : [[`\`${parameter}\``, `\`${namespace}:${key}\``, use ?? ""]],
    ),
  );
}

/** Renders docs/reference.md. */
export function renderReference(): string {
  const keys = membersOf(settings);
  return `# Reference

Written by \`npm run docs\` from the schemas in [config/](../config/schema.ts) and [contract/](../contract/outputs.ts); do
not edit it.

## Configuration

\`aws:region\` is required. \`aws:profile\` names the profile of the credentials, and \`aws:allowedAccountIds\`, a
JSON list, the accounts that the stack may be in: in another one nothing is created. The provider gets what else the
namespace \`aws\` says. The keys of \`restate\` have defaults. A list or an object is written into the stack's file, or set
by its path: \`pulumi config set --path 'restate:notifyEmails[0]' ml@example.com\`.

${table(
  ["Key", "Type", "Default", "Meaning"],
  keys.map(([key, schema]) => keyRow(key, schema)),
)}

${keys
  .filter(([, schema]) => hasMembers(schema))
  .map(([key, schema]) => membersSection(key, schema))
  .join("\n\n")}

## Exports

Other stacks read them through a \`StackReference\`; their type is \`StackOutputs\` in
[contract/outputs.ts](../contract/outputs.ts).

${exportsTable({ ...textOutputs, ...listOutputs })}
`;
}
