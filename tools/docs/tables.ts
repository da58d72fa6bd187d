import { alternativesOf, type Described, discriminator, limits, membersOf } from "./schema";

const code = (text: string): string => `\`${text}\``;

/** Texts as a list in a sentence: a, b or c. */
function either(texts: readonly string[]): string {
  const last = texts.at(-1) ?? "";
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(", ")} or ${last}`;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").trim()).join(" | ")} |`)
    .join("\n");
}

/** A schema's type, for people. */
export function typeText(schema: Described): string {
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) {
    return either([...new Set(alternatives.map(typeText))]);
  }
  if (schema.const !== undefined) {
    return code(schema.const);
  }
  if (schema.enum !== undefined) {
    return either(schema.enum.map(code));
  }
  const range = limits(schema);
  if (schema.type === "array") {
    return range === undefined ? "list" : `list of ${range}`;
  }
  const types = [schema.type ?? "any value"].flat();
  return `${either(types)}${range === undefined ? "" : `, ${range}`}`;
}

/** A value as YAML on one line, for Pulumi.<stack>.yaml. */
function written(value: unknown): string {
  return typeof value === "string"
    ? value
    : JSON.stringify(value).replaceAll('"', "").replace(/[:,]/g, "$& ");
}

/** A default, for people. */
export function defaultText(value: unknown): string {
  if (value === undefined) {
    return "";
  }
  if (value === "") {
    return "empty";
  }
  return typeof value === "object" && value !== null && Object.keys(value).length === 0
    ? "none"
    : code(written(value));
}

/** The schemas of the objects inside a schema, with the path to them. */
function inside(schema: Described): readonly (readonly [path: string, object: Described])[] {
  const { additionalProperties: values, items } = schema;
  return [
    ...(schema.properties === undefined ? [] : [["", schema] as const]),
    ...alternativesOf(schema).flatMap(inside),
    ...(items === undefined ? [] : inside(items).map(([path, one]) => [`[]${path}`, one] as const)),
    ...(typeof values === "object"
      ? inside(values).map(([path, one]) => [`.<name>${path}`, one] as const)
      : []),
  ];
}

/**
 * The rows of a table of an object's members and of all below them: path, type, default, meaning.
 *
 * @param prefix the beginning of each path
 */
export function memberRows(schema: Described, prefix = ""): readonly (readonly string[])[] {
  const rows = inside(schema).flatMap(([path, object]) =>
    membersOf(object).flatMap(([name, member]) => {
      const place = `${prefix}${path}`;
      const full = place === "" ? name : `${place}.${name}`;
      const required = object.required?.includes(name) === true && member.default === undefined;
      return [
        [
          code(full),
          typeText(member),
          required ? "required" : defaultText(member.default),
          member.description ?? "",
        ],
        ...memberRows(member, full),
      ];
    }),
  );
  // Rows that several alternatives share are listed once.
  return [...new Map(rows.map((row) => [row.join("|"), row])).values()];
}

/** Whether a schema has members for a table. */
export function hasMembers(schema: Described): boolean {
  return inside(schema).length > 0;
}

/** Sentences to append to a schema's description: limits, and names of members. */
export function summary(schema: Described): string {
  const names = (object: Described, without = ""): string =>
    membersOf(object)
      .map(([name]) => name)
      .filter((name) => name !== without)
      .join(", ");
  const alternatives = alternativesOf(schema);
  const kind = discriminator(alternatives);
  if (kind !== undefined) {
    const texts = alternatives.map((one) => {
      const members = names(one, kind);
      return `${one.properties?.[kind]?.const ?? ""}${members === "" ? "" : ` (${members})`}`;
    });
    return `${kind} is ${either(texts)}.`;
  }
  if (schema.items?.properties !== undefined) {
    return `Each has ${names(schema.items)}.`;
  }
  if (schema.properties !== undefined) {
    return `Members: ${names(schema)}.`;
  }
  if (schema.enum !== undefined) {
    return `Allowed: ${schema.enum.join(", ")}.`;
  }
  const range = schema.type === "array" ? undefined : limits(schema);
  return range === undefined ? "" : `Allowed: ${range}.`;
}
