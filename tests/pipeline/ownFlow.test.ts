import { deepEqual, equal, match } from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { stringify } from "yaml";

import { datasetSchema } from "../../pipeline/datasetSchema";
import { dataWranglerFlow } from "../../pipeline/flow";
import type { JsonObject } from "../../pipeline/language/json";
import { at, type Draft, draft, set } from "../support/definitions";
import { local, temporaryFolder } from "../support/localRun";

const link = (id: string): JsonObject => ({ name: "df", node_id: id, output_name: "default" });
const transform = (
  id: string,
  from: string,
  operator: string,
  parameters: JsonObject,
): JsonObject => ({
  node_id: id,
  type: "TRANSFORM",
  operator: `sagemaker.spark.${operator}_0.1`,
  parameters,
  inputs: [link(from)],
  outputs: [{ name: "default" }],
});

/** As an editor leaves it: with a chart, a destination and a source of its own. */
const exported = {
  metadata: { version: 1, disable_limits: false, instance_type: "ml.m5.4xlarge" },
  parameters: [],
  nodes: [
    {
      node_id: "source",
      type: "SOURCE",
      operator: "sagemaker.s3_source_0.1",
      parameters: { dataset_definition: { datasetSourceType: "S3", name: "sample.csv" } },
      inputs: [],
      outputs: [{ name: "default", sampling: { sampling_method: "sample_by_limit" } }],
    },
    {
      ...transform("cast", "source", "infer_and_cast_type", {}),
      trained_parameters: { schema: { y: "float", town: "string", sold: "string", x: "long" } },
    },
    transform("drop", "cast", "manage_columns", {
      operator: "Drop column",
      drop_column_parameters: { column_to_drop: "sold" },
    }),
    {
      node_id: "chart",
      type: "VISUALIZATION",
      operator: "sagemaker.visualizations.describe_0.1",
      parameters: { name: "Summary" },
      inputs: [link("drop")],
      outputs: [{ name: "default" }],
    },
    transform("encode", "drop", "encode_categorical", {
      operator: "One-hot encode",
      one_hot_encode_parameters: {
        invalid_handling_strategy: "Keep",
        drop_last: false,
        output_style: "Columns",
        input_already_ordinal_encoded: false,
        input_column: "town",
      },
    }),
    {
      node_id: "destination",
      type: "DESTINATION",
      operator: "sagemaker.spark.s3_destination_0.1",
      parameters: { output_config: {} },
      inputs: [link("encode")],
      outputs: [],
    },
  ],
};

describe("a user's flow", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  const file = join(folder, "own.flow");
  const dataset = {
    table: "sales",
    columns: [
      { name: "y", type: "double" },
      { name: "x", type: "int" },
      { name: "town", type: "string" },
      { name: "sold", type: "date" },
    ],
    target: "y",
    headerLines: 1,
    flow: file,
  };
  const parse = (flow: unknown, change: JsonObject = {}) => {
    writeFileSync(file, typeof flow === "string" ? flow : JSON.stringify(flow));
    return datasetSchema.safeParse({ ...dataset, ...change });
  };

  it("reads the query instead of its source, and puts the target first", () => {
    const { data } = parse(exported, { split: { by: "time", column: "sold" } });
    const source = { database: "db", query: "SELECT 1", queryOutput: "s3://bucket/athena/" };
    const { content, outputName } = dataWranglerFlow(data ?? datasetSchema.parse({}), source);
    const { metadata, nodes } = JSON.parse(content) as { metadata: unknown; nodes: Draft[] };
    deepEqual(metadata, exported.metadata);
    const query = at(nodes[0], "parameters", "dataset_definition", "queryString");
    deepEqual(
      [nodes[0]?.["node_id"], nodes[0]?.["operator"], query],
      [...["source", "sagemaker.athena_source_0.1", "SELECT 1"]],
    );
    // What the rows are split by is no column of the table, so the cast would fail.
    deepEqual(at(nodes[1], "trained_parameters", "schema"), {
      ...{ y: "float", town: "string", sold: "string", x: "long" },
      restate_split: "string",
    });
    deepEqual(nodes.slice(2, 6), exported.nodes.slice(2));
    const moved = nodes.slice(6).map(({ parameters }) => {
      const path = ["move_column_parameters", "move_to_start_parameters", "column_to_move"];
      return at(parameters, ...path);
    });
    deepEqual(moved, ["restate_split", "y"]);
    equal(at(nodes[6], "inputs", 0, "node_id"), "encode");
    equal(outputName, `${String(nodes.at(-1)?.["node_id"])}.default`);
  });

  it("is refused if it does not match the table, or is not a flow", () => {
    const said = (flow: unknown, change: JsonObject = {}): readonly string[] =>
      parse(flow, change).error?.issues.map(
        ({ message, path }) => `${path.join(".")}: ${message}`,
      ) ?? [];
    const changed = (path: readonly (string | number)[], to: unknown): Draft => {
      const flow = draft(exported);
      set(flow, path, to);
      return flow;
    };
    deepEqual(said(exported), []);
    deepEqual(said("{"), ["flow: is not JSON, as a .flow file is"]);
    match(said({})[0] ?? "", /^flow: is not a flow: metadata /);
    match(said(changed(["metadata", "version"], 2))[0] ?? "", /version must be 1, the version/);
    const schema = ["nodes", 1, "trained_parameters", "schema"];
    deepEqual(said(changed([...schema, "price"], "long")), [
      "flow: casts price; the columns are y, x, town, sold",
    ]);
    deepEqual(said(changed([...schema, "y"], undefined)), [
      "flow: does not cast y: its cast must name every column",
    ]);
    match(
      said(changed(["nodes", 4, "inputs", 0, "node_id"], "cast"))[0] ?? "",
      /2 last transforms/,
    );
    match(
      said(changed(["nodes", 4, "inputs"], [link("drop"), link("cast")]))[0] ?? "",
      /^flow: joins, in node encode/,
    );
    const flowDecides = "is decided by the flow that dataset.flow names; remove it";
    deepEqual(said(exported, { dropped: ["sold"], missingValues: "drop" }), [
      `dropped: ${flowDecides}`,
      `missingValues: ${flowDecides}`,
    ]);
    deepEqual(said(exported, { sampleWeight: "x" }), [
      "sampleWeight: cannot be combined with flow, whose transforms could change the weights; remove one of them",
    ]);
    rmSync(file);
    match(
      datasetSchema.safeParse(dataset).error?.issues[0]?.message ?? "",
      /^cannot be read: ENOENT: no such file/,
    );
  });

  it("runs on this machine", async () => {
    parse(exported);
    const data = join(folder, "sales.csv");
    const rows = Array.from({ length: 60 }, (_, n) => {
      const town = ["Ulm", "Bern"][n % 2] ?? "";
      return `${n * 2 + (n % 2) * 50},${n},${town},2024-01-${String(1 + (n % 28)).padStart(2, "0")}`;
    });
    writeFileSync(data, ["y,x,town,sold", ...rows].join("\n"));
    const candidate = {
      ...{ name: "Tree", algorithm: "decision-tree", maxJobs: 1, maxParallelJobs: 1 },
      hyperparameters: { random_state: 1 },
      ranges: { max_depth: { type: "integer", min: 4, max: 5, scaling: "Linear" } },
    };
    const config = {
      "aws:region": "us-east-1",
      "restate:dataset": { ...dataset, segments: ["town"] },
      "restate:candidates": [candidate],
      "restate:network": { mode: "none" },
    };
    const configFile = join(folder, "own.yaml");
    writeFileSync(configFile, stringify({ config }));
    const { code, stderr, stdout } = await local([
      ...["--config-file", configFile, "--data", data],
      ...["--work-folder", join(folder, "work")],
    ]);
    equal(code, 0, stderr);
    match(stdout, /^60 rows read, 60 used: 42 \/ 12 \/ 6; 3 columns, 3 features; \d warning/m);
    // The flow encodes towns; the query adds them as they are, and the cast keeps them.
    const report = readFileSync(join(folder, "work", "report", "index.html"), "utf8");
    deepEqual([...report.matchAll(/<td>(= [A-Z]\w+)<\/td>/g)].map(([, value]) => value).sort(), [
      "= Bern",
      "= Ulm",
    ]);
    // What is kept of the program goes by the flow's content.
    const flow = draft(exported);
    set(flow, ["nodes", 4, "inputs", 0, "node_id"], "cast");
    parse(flow);
    const again = await local(["--config-file", configFile, "--data", data]);
    equal(again.code, 1);
    match(again.stderr, /restate:dataset\.flow: has 1 sources and 2 last transforms/);
  });
});
