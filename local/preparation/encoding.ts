import type { JsonObject } from "../../pipeline/expressions";
import { allSteps, at, isObject, object, objects, text } from "../../pipeline/walk";

/** What a flow encodes one-hot, and the query whose rows it reads. */
export interface Encoding {
  readonly query: string;
  readonly database: string;
  /** The flow's types of the columns that it keeps, by name. */
  readonly columns: Readonly<Record<string, string>>;
  /** Those of them that it encodes one-hot, a column a label. */
  readonly encoded: readonly string[];
}

/** A column's name, or a list of them. */
function names(value: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((name) => typeof name === "string");
}

/** What the nodes of a flow do to columns; undefined where none is encoded. */
function readFlow(flow: JsonObject): Pick<Encoding, "columns" | "encoded"> | undefined {
  const columns = new Map<string, string>();
  const encoded: string[] = [];
  for (const node of objects(flow["nodes"])) {
    const parameters = object(node["parameters"]);
    const schema = object(at(node, "trained_parameters", "schema"));
    Object.entries(schema).forEach(([name, type]) => columns.set(name, text(type)));
    names(at(parameters, "drop_column_parameters", "column_to_drop")).forEach((name) => {
      columns.delete(name);
    });
    const oneHot = object(parameters["one_hot_encode_parameters"]);
    if (parameters["operator"] === "One-hot encode" && oneHot["output_style"] === "Columns") {
      encoded.push(...names(oneHot["input_column"]).filter((name) => columns.has(name)));
    }
  }
  return encoded.length === 0 ? undefined : { columns: Object.fromEntries(columns), encoded };
}

/**
 * Finds what a definition's Data Wrangler step encodes one-hot, where its flow is known before the run and
 * names the types of its columns, as this project's does.
 *
 * @param uploads texts that are uploaded, by S3 URI
 * @returns undefined where nothing is encoded, or it is not known
 */
export function findEncoding(
  definition: JsonObject,
  uploads: ReadonlyMap<string, string>,
): Encoding | undefined {
  for (const { step } of allSteps(definition["Steps"])) {
    const inputs = objects(at(step, "Arguments", "ProcessingInputs"));
    const athena = inputs
      .map((input) => at(input, "DatasetDefinition", "AthenaDatasetDefinition"))
      .find(isObject);
    const flow = inputs
      .map((input) => text(at(input, "S3Input", "S3Uri")))
      .find((uri) => uri.endsWith(".flow") && uploads.has(uri));
    if (athena === undefined || flow === undefined) {
      continue;
    }
    const found = readFlow(object(JSON.parse(uploads.get(flow) ?? "") as JsonObject));
    if (found !== undefined) {
      const { Database: database, QueryString: query } = athena;
      return { query: text(query), database: text(database), ...found };
    }
  }
  return undefined;
}
