/**
 * Writes docs/reference.md from what it documents: the configuration from Pulumi.yaml and the comments of
 * the schemas, the exports from the comments of their type; and the table of calls in docs/security.md.
 * `npm run docs`; a test holds them current.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import ts from "typescript";
import { parse } from "yaml";

import { withCalls } from "./callsTable";

const root = resolve(__dirname, "..");

/** A documented member of a schema or a type. */
interface Member {
  readonly name: string;
  readonly text: string;
}

/** The text of the comment before a node, on one line. */
function comment(node: ts.Node): string {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = doc === undefined ? "" : (ts.getTextOfJSDocComment(doc.comment) ?? "");
  return text.replace(/\s+/g, " ").trim();
}

function source(file: string): ts.SourceFile {
  const text = readFileSync(join(root, file), "utf8");
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

/** The members of the first object literal in the initialiser of a constant. */
function schemaMembers(file: string, constant: string): readonly Member[] {
  let literal: ts.ObjectLiteralExpression | undefined;
  const find = (node: ts.Node): void => {
    if (literal === undefined && ts.isObjectLiteralExpression(node)) {
      literal = node;
    } else if (literal === undefined) {
      ts.forEachChild(node, find);
    }
  };
  const search = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === constant) {
      ts.forEachChild(node, find);
    } else {
      ts.forEachChild(node, search);
    }
  };
  search(source(file));
  return (literal?.properties ?? ts.factory.createNodeArray()).flatMap((property) =>
    property.name === undefined ? [] : [{ name: property.name.getText(), text: comment(property) }],
  );
}

/** The members of an interface. */
function interfaceMembers(file: string, name: string): readonly Member[] {
  const members: Member[] = [];
  ts.forEachChild(source(file), (node) => {
    if (ts.isInterfaceDeclaration(node) && node.name.text === name) {
      members.push(
        ...node.members.map((member) => ({
          name: member.name?.getText() ?? "",
          text: comment(member),
        })),
      );
    }
  });
  return members;
}

interface Declaration {
  /** Left out for lists whose items Pulumi should not check. */
  readonly type?: string;
  readonly default: unknown;
  readonly description: string;
}

const cell = (text: string): string => text.replaceAll("|", "\\|").trim();

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map(cell).join(" | ")} |`)
    .join("\n");
}

function membersTable(members: readonly Member[]): string {
  return table(
    ["Member", "Meaning"],
    members.map(({ name, text }) => [`\`${name}\``, text]),
  );
}

function defaultText(key: string, value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return `see \`${key}\` in [Pulumi.yaml](../Pulumi.yaml)`;
  }
  return value === "" ? "empty" : `\`${String(value)}\``;
}

/** Renders the reference. */
export function renderReference(): string {
  const project = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as {
    readonly config: Readonly<Record<string, Declaration>>;
  };
  const keys = Object.entries(project.config).map(([key, declaration]) => [
    `\`${key}\``,
    declaration.type ?? "array",
    defaultText(key, declaration.default),
    declaration.description.trim(),
  ]);
  return `# Reference

Written by \`npm run docs\` from Pulumi.yaml and the comments in the source; do not edit it.

## Configuration

\`aws:region\` is required. \`aws:profile\` names the profile of the credentials, and \`aws:allowedAccountIds\`, a
JSON list, the accounts that the stack may be in: in another one nothing is created. The provider gets what else the
namespace \`aws\` says. The keys of \`restate\` have defaults. A list or an object is written into the stack's file, or set
by its path: \`pulumi config set --path 'restate:notifyEmails[0]' ml@example.com\`.

${table(["Key", "Type", "Default", "Meaning"], keys)}

### restate:dataset

${membersTable(schemaMembers("pipeline/dataset.ts", "datasetFields"))}

### restate:candidates

A list; each member has:

${membersTable(schemaMembers("pipeline/candidateFields.ts", "candidateFields"))}

## Exports

Other stacks read them through a \`StackReference\`; their type is \`StackOutputs\` in [outputs.ts](../outputs.ts).

${membersTable(interfaceMembers("outputs.ts", "StackOutputs"))}
`;
}

if (require.main === module) {
  writeFileSync(join(root, "docs", "reference.md"), renderReference());
  const security = join(root, "docs", "security.md");
  writeFileSync(security, withCalls(readFileSync(security, "utf8")));
}
