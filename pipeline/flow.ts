import { createHash } from "node:crypto";

import { flowType } from "./columnTypes";
import {
  addedColumns,
  categoricalColumns,
  droppedColumns,
  encodedColumns,
  featureColumns,
  partColumns,
  splitKey,
} from "./dataset";
import type { Dataset } from "./datasetFields";
import type { Json, JsonObject } from "./language/json";
import { nodesOf } from "./ownFlow";

/** A Data Wrangler flow, the name of its output, and the name of its dataset. */
export interface Flow {
  /**
   * The content of the `.flow` file: JSON with keys in their original order, because Data Wrangler orders columns like the
   * schema of its cast.
   */
  readonly content: string;
  /** Name of the output of the processing job: `<id of the last node>.default`. */
  readonly outputName: string;
}

/** The source of the flow's dataset. */
export interface FlowSource {
  /** Glue database. */
  readonly database: string;
  /** The Athena query. */
  readonly query: string;
  /** The Athena query that counts the table's rows and those of `query`, for Preprocess; undefined: they are not counted. */
  readonly countQuery?: string | undefined;
  /** S3 URI for the results of the queries. */
  readonly queryOutput: string;
}

/**
 * A UUID from content (version 5's layout with SHA-256), so that equal flows have equal node ids, which name the job's
 * output.
 */
function nodeId(content: Json): string {
  const hex = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  const variant = ((parseInt(hex[16] ?? "0", 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

interface Transform {
  readonly operator: string;
  readonly parameters: JsonObject;
  readonly trainedParameters?: JsonObject;
}

function cast(dataset: Dataset): Transform {
  const encoded = encodedColumns(dataset);
  const schema: JsonObject = {
    ...Object.fromEntries(
      [...dataset.columns, ...partColumns(dataset)].map(({ name, type }) => [
        name,
        encoded.includes(name) ? "string" : flowType(type),
      ]),
    ),
    ...Object.fromEntries(addedColumns(dataset).map((name) => [name, "string"])),
  };
  return {
    operator: "sagemaker.spark.infer_and_cast_type_0.1",
    parameters: {},
    trainedParameters: { schema },
  };
}

function manageColumns(operator: string, parameters: JsonObject): Transform {
  return {
    operator: "sagemaker.spark.manage_columns_0.1",
    parameters: { operator, ...parameters },
  };
}

function handleMissing(operator: string, parameters: JsonObject): Transform {
  return {
    operator: "sagemaker.spark.handle_missing_0.1",
    parameters: { operator, ...parameters },
  };
}

const dropColumn = (column: string): Transform =>
  manageColumns("Drop column", { drop_column_parameters: { column_to_drop: column } });

const moveToStart = (column: string): Transform => {
  const start = {
    move_type: "Move to start",
    move_to_start_parameters: { column_to_move: column },
  };
  return manageColumns("Move column", { move_column_parameters: start });
};

const dropMissing = (column: string): Transform => {
  const rows = { dimension: "Drop Rows", drop_rows_parameters: { input_column: column } };
  return handleMissing("Drop missing", { drop_missing_parameters: rows });
};

const imputeMedian = (column: string): Transform => {
  const median = { strategy: "Approximate Median", input_column: column };
  const impute = { column_type: "Numeric", numeric_parameters: median };
  return handleMissing("Impute", { impute_parameters: impute });
};

/** `drop_last` must be false: otherwise, the last label's column would remain, empty. */
function oneHot(column: string): Transform {
  return {
    operator: "sagemaker.spark.encode_categorical_0.1",
    parameters: {
      operator: "One-hot encode",
      one_hot_encode_parameters: {
        invalid_handling_strategy: "Keep",
        drop_last: false,
        output_style: "Columns",
        input_already_ordinal_encoded: false,
        input_column: column,
      },
    },
  };
}

/**
 * The transforms of a dataset's rows, in order. The label becomes the first column, as in XGBoost's CSV; the split key, which
 * Preprocess removes, the second; then come the weight, texts that Preprocess encodes, and segments, which it removes too.
 * Rows without a label stay, because Preprocess counts and removes them.
 *
 * Each node has one column, as a string, the only form that all versions of the operators accept. Evidence: the operators'
 * code in exported notebooks, where Drop missing fails on a list, and Drop column and Impute only accept lists since 2023;
 * "Transform Data" in SageMaker's developer guide: Handle missing applies to a single column.
 */
function transforms(dataset: Dataset): readonly Transform[] {
  const categorical = categoricalColumns(dataset);
  const encoded = encodedColumns(dataset);
  const features = featureColumns(dataset).map(({ name }) => name);
  const numeric = features.filter((name) => ![...categorical, ...encoded].includes(name));
  const incomplete = dataset.missingValues === "drop" ? features : [];
  // Otherwise Preprocess does, so that the medians are stored with the model.
  const imputes = dataset.missingValues === "impute" && dataset.servedRows === "encoded";
  const added = addedColumns(dataset);
  const key = added.filter((name) => name === splitKey);
  const segments = added.filter((name) => name !== splitKey);
  const weight = dataset.sampleWeight === undefined ? [] : [dataset.sampleWeight];
  const toStart = [dataset.target, ...key, ...weight, ...encoded, ...segments]
    .reverse()
    .map(moveToStart);
  return dataset.flow !== undefined
    ? toStart
    : [
        cast(dataset),
        ...droppedColumns(dataset)
          .filter((name) => !weight.includes(name))
          .map(dropColumn),
        ...incomplete.map(dropMissing),
        ...(imputes ? numeric : []).map(imputeMedian),
        ...categorical.map(oneHot),
        ...toStart,
      ];
}

/**
 * Builds the Data Wrangler flow of a dataset: a source that reads the Athena query, then the transforms, which are those
 * of the user flow if there is one.
 * Source of the form: the `.flow` files and notebooks that Data Wrangler exports.
 */
export function dataWranglerFlow(dataset: Dataset, source: FlowSource): Flow {
  const sourceContent: JsonObject = {
    type: "SOURCE",
    operator: "sagemaker.athena_source_0.1",
    parameters: {
      dataset_definition: {
        datasetSourceType: "Athena",
        name: dataset.table,
        catalogName: "AwsDataCatalog",
        databaseName: source.database,
        queryString: source.query,
        s3OutputLocation: source.queryOutput,
        outputFormat: "PARQUET",
      },
    },
    inputs: [],
    outputs: [{ name: "default" }],
  };
  const own = dataset.flow;
  let last = own?.last ?? nodeId(sourceContent);
  const nodes: JsonObject[] =
    own === undefined
      ? [{ ...sourceContent, node_id: last }]
      : [...nodesOf(own, sourceContent, addedColumns(dataset))];
  for (const { operator, parameters, trainedParameters } of transforms(dataset)) {
    const content: JsonObject = {
      type: "TRANSFORM",
      operator,
      parameters,
      ...(trainedParameters === undefined ? {} : { trained_parameters: trainedParameters }),
      inputs: [
        { name: nodes.length === 1 ? "default" : "df", node_id: last, output_name: "default" },
      ],
      outputs: [{ name: "default" }],
    };
    last = nodeId(content);
    nodes.push({ ...content, node_id: last });
  }
  const flow: JsonObject = {
    ...(own?.content as JsonObject | undefined),
    metadata: (own?.content.metadata as JsonObject | undefined) ?? {
      version: 1,
      disable_limits: false,
      instance_type: "ml.m5.4xlarge",
    },
    nodes,
  };
  return { content: JSON.stringify(flow), outputName: `${last}.default` };
}
