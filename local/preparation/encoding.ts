import { z } from "zod";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";

/** The columns that a flow encodes one-hot, and its query. */
export interface Encoding {
  readonly query: string;
  readonly database: string;
  /** The flow's types of the columns that it keeps, by name. */
  readonly columns: Readonly<Record<string, string>>;
  /** The columns that it encodes one-hot. */
  readonly encoded: readonly string[];
}

const names = z.union([z.string().transform((name) => [name]), z.array(z.string())]);

/** The members of a flow that define columns and encodings. */
const flowSchema = z.object({
  nodes: z.array(
    z.object({
      parameters: z
        .object({
          operator: z.string().optional(),
          drop_column_parameters: z.object({ column_to_drop: names }).optional(),
          one_hot_encode_parameters: z
            .object({ input_column: names, output_style: z.string().optional() })
            .optional(),
        })
        .optional(),
      trained_parameters: z
        .object({ schema: z.record(z.string(), z.string()).optional() })
        .nullish(),
    }),
  ),
});

/** The columns of a flow; undefined if none is encoded, or they are unknown. */
function readFlow(text: string): Pick<Encoding, "columns" | "encoded"> | undefined {
  const { data: flow } = flowSchema.safeParse(JSON.parse(text));
  const columns = new Map<string, string>();
  const encoded: string[] = [];
  for (const { parameters, trained_parameters: trained } of flow?.nodes ?? []) {
    Object.entries(trained?.schema ?? {}).forEach(([name, type]) => columns.set(name, type));
    parameters?.drop_column_parameters?.column_to_drop.forEach((name) => {
      columns.delete(name);
    });
    const oneHot = parameters?.one_hot_encode_parameters;
    if (parameters?.operator === "One-hot encode" && oneHot?.output_style === "Columns") {
      encoded.push(...oneHot.input_column.filter((name) => columns.has(name)));
    }
  }
  return encoded.length === 0 ? undefined : { columns: Object.fromEntries(columns), encoded };
}

/**
 * Finds the columns that a definition's Data Wrangler step encodes one-hot, if its flow is known before the run and has the
 * types of its columns, like this project's.
 *
 * @param uploads uploaded texts by S3 URI
 * @returns undefined if no column is encoded, or they are unknown
 */
export function findEncoding(
  definition: PipelineDefinition,
  uploads: ReadonlyMap<string, string>,
): Encoding | undefined {
  for (const { step } of allSteps(definition)) {
    const inputs = (step.Type === "Processing" ? step.Arguments.ProcessingInputs : undefined) ?? [];
    const { Database: database, QueryString: query } =
      inputs
        .map(({ DatasetDefinition: dataset }) => dataset?.AthenaDatasetDefinition)
        .find((athena) => athena !== undefined && athena !== null) ?? {};
    const flow = inputs
      .map(({ S3Input: input }) => input?.S3Uri)
      .flatMap((uri) =>
        typeof uri === "string" && uri.endsWith(".flow") ? (uploads.get(uri) ?? []) : [],
      )[0];
    const found = flow === undefined ? undefined : readFlow(flow);
    if (typeof query === "string" && typeof database === "string" && found !== undefined) {
      return { query, database, ...found };
    }
  }
  return undefined;
}
