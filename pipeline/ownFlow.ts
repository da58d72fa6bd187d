import { readFileSync } from "node:fs";
import { z } from "zod";

import type { JsonObject } from "./language/json";

const json = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;

const node = z.looseObject({
  node_id: z.string(),
  type: z.string(),
  operator: z.string(),
  parameters: json,
  trained_parameters: z
    .looseObject({ schema: z.record(z.string(), z.string()).optional() })
    .nullish(),
  inputs: z.array(z.looseObject({ node_id: z.string() })),
});

const flowSchema = z.looseObject({
  metadata: z.looseObject({ version: z.literal(1, "must be 1, the version that jobs read") }),
  nodes: z.array(node).min(1),
});

type OwnNode = z.output<typeof node>;

/** An exported Data Wrangler flow; unknown members are kept. */
interface OwnFlow {
  readonly content: z.output<typeof flowSchema>;
  /** The node that reads the data. */
  readonly source: string;
  /** The node whose output is split. */
  readonly last: string;
}

/**
 * The operator that casts columns. It fails if its schema does not have exactly those of the data. Evidence: `validate_schema`
 * in the notebooks that Data Wrangler exports.
 */
const castOperator = "sagemaker.spark.infer_and_cast_type_0.1";

/** The chain of nodes from the source to the last, without other branches, charts and destinations. */
function chain(flow: OwnFlow): readonly OwnNode[] {
  const nodes = new Map(flow.content.nodes.map((one) => [one.node_id, one]));
  const found: OwnNode[] = [];
  for (
    let next = nodes.get(flow.last);
    next !== undefined && !found.includes(next);
    next = nodes.get(next.inputs[0]?.node_id ?? "")
  ) {
    found.unshift(next);
  }
  return found;
}

/** The columns in the flow's casts, in lower case; undefined without casts, which keeps all. */
export function castColumns(flow: OwnFlow): readonly string[] | undefined {
  const cast = chain(flow).find(({ operator }) => operator === castOperator);
  const names = Object.keys(cast?.trained_parameters?.schema ?? {});
  return names.length === 0 ? undefined : names.map((name) => name.toLowerCase());
}

/**
 * Parses a flow.
 * @throws Error if it is not valid
 */
function parseFlow(text: string): OwnFlow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("is not JSON, as a .flow file is");
  }
  const { data: content, error } = flowSchema.safeParse(value);
  if (content === undefined) {
    const [issue] = error.issues;
    throw new Error(`is not a flow: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
  }
  const sources = content.nodes.filter(({ type }) => type === "SOURCE");
  const transforms = content.nodes.filter(({ type }) => type === "TRANSFORM");
  const taken = new Set(transforms.flatMap(({ inputs }) => inputs.map((one) => one.node_id)));
  const ends = transforms.filter((one) => !taken.has(one.node_id));
  const [source] = sources;
  const [end = source] = ends;
  if (source === undefined || end === undefined || sources.length > 1 || ends.length > 1) {
    throw new Error(
      `has ${sources.length} sources and ${ends.length} last transforms: it needs one of each, since one query is read ` +
        "and one result is split",
    );
  }
  const joined = transforms.find(({ inputs }) => inputs.length !== 1);
  if (joined !== undefined) {
    throw new Error(`joins, in node ${joined.node_id}, which takes ${joined.inputs.length} inputs`);
  }
  const flow = { content, source: source.node_id, last: end.node_id };
  if (chain(flow)[0]?.node_id !== source.node_id) {
    throw new Error("does not lead from its source to its last transform");
  }
  return flow;
}

/** The path of a file with a flow, relative to the project. */
export const ownFlowSchema = z.string().transform((path, context): OwnFlow => {
  try {
    return parseFlow(readFileSync(path, "utf8"));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    context.addIssue(code === undefined ? message : `cannot be read: ${message}`);
    return z.NEVER;
  }
});

/**
 * The nodes of a flow whose source reads a query, and whose casts keep the columns that the query adds.
 * @param added the columns, of text
 */
export function nodesOf(
  flow: OwnFlow,
  source: JsonObject,
  added: readonly string[],
): readonly JsonObject[] {
  const texts = Object.fromEntries(added.map((name) => [name, "string"]));
  return flow.content.nodes.map((one): JsonObject => {
    const own = one as unknown as JsonObject;
    const schema = one.trained_parameters?.schema;
    if (one.node_id === flow.source) {
      return { ...own, ...source, node_id: one.node_id };
    }
    if (one.operator !== castOperator || schema === undefined || added.length === 0) {
      return own;
    }
    const trained = { ...one.trained_parameters, schema: { ...schema, ...texts } };
    return { ...own, trained_parameters: trained };
  });
}
