import { format } from "prettier";
import { isMap, isSeq, parseDocument, Scalar, visit } from "yaml";

import { alternativesOf, type Described, membersOf } from "./schema";
import { summary } from "./tables";

/** Max length of a list or an object on one line. */
const maxInline = 80;

/** The type of a configuration key in Pulumi.yaml, where the only numbers are integers. */
function pulumiType(schema: Described): string | undefined {
  const { type } = alternativesOf(schema)[0] ?? schema;
  return type === "number" ? "string" : (type as string | undefined);
}

function declaration(schema: Described): Readonly<Record<string, unknown>> {
  const { default: value, description, items, uncheckedByPulumi } = schema;
  const text = new Scalar([description, summary(schema)].join(" ").trim());
  text.type = Scalar.BLOCK_FOLDED;
  return {
    ...(uncheckedByPulumi === true
      ? {}
      : {
          type: pulumiType(schema),
          ...(items === undefined ? {} : { items: { type: pulumiType(items) } }),
        }),
    description: text,
    default: schema.type === "number" ? String(value) : value,
  };
}

/**
 * Writes the declarations of a schema's keys into a Pulumi.yaml.
 *
 * @param text the file's text
 * @param namespace the keys' namespace: the project's name
 * @param schema the keys' schema
 */
export async function withConfig(
  text: string,
  namespace: string,
  schema: Described,
): Promise<string> {
  const document = parseDocument(text);
  const block = document.createNode(
    Object.fromEntries(
      membersOf(schema).map(([key, member]) => [`${namespace}:${key}`, declaration(member)]),
    ),
    { aliasDuplicateObjects: false },
  );
  visit(block, {
    Collection(_, node) {
      const inline = JSON.stringify(node).replaceAll('"', "");
      const nested = isSeq(node) && node.items.some(isMap);
      const declares = isMap(node) && (node.has("description") || node.has("default"));
      const isItems = isMap(node) && node.items.length === 1 && node.has("type");
      node.flow = !nested && !declares && !isItems && inline.length <= maxInline;
    },
  });
  document.set("config", block);
  return format(document.toString({ lineWidth: 108 }), { parser: "yaml", printWidth: 100 });
}
