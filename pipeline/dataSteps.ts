import { castType, columnType } from "./columnTypes";
import {
  droppedColumns,
  encodings,
  percentEncoded,
  segmentColumn,
  splitFractions,
  splitKey,
  typeInQuery,
} from "./dataset";
import type { Dataset } from "./datasetFields";
import type { DefinitionArgs } from "./definitionArgs";
import type { Step } from "./language/definition";
import { type Reference, type StringExpression, join, stepProperty } from "./language/expressions";
import { parameter } from "./parameters";
import {
  exitMessage,
  folder,
  jsonArguments,
  processingFolder,
  type Processing,
  type ProcessingInput,
  processingStep,
  s3Input,
} from "./steps/processing";
import { rowSchemaFile } from "./rowSchema";
import { encoderUri, executionUri } from "./storage";

/** The step that {@link dataWranglerStep} builds. */
interface DataWrangler {
  readonly step: Step;
  /** S3 URI of the folder with the part files, and `_SUCCESS` if they are complete. */
  readonly outputUri: StringExpression;
}

/** Input of a processing job from a query of Athena, in a folder of that name. */
function athenaInput(
  { context, flowSource, workGroup }: DefinitionArgs,
  name: string,
  query: {
    readonly QueryString: string;
    readonly OutputFormat: "JSON" | "PARQUET";
    /** Default: Athena's, GZIP. */
    readonly OutputCompression?: "SNAPPY";
  },
): ProcessingInput {
  return {
    InputName: name,
    AppManaged: false,
    DatasetDefinition: {
      LocalPath: folder(name),
      DataDistributionType: "FullyReplicated",
      InputMode: "File",
      AthenaDatasetDefinition: {
        Catalog: "AwsDataCatalog",
        Database: flowSource.database,
        WorkGroup: workGroup,
        OutputS3Uri: flowSource.queryOutput,
        KmsKeyId: context.kmsKeyArn,
        ...query,
      },
    },
  };
}

/**
 * Reads the table through Athena and runs the flow on it.
 *
 * Data Wrangler writes each output to `<S3Uri>/<processing job name>/<node id>/default/`. Another attempt has another job
 * name, so output of a failed one is not read. Evidence: public pipelines, and the notebooks that Data Wrangler exports for
 * a pipeline, read it by such a Join.
 */
export function dataWranglerStep(args: DefinitionArgs): DataWrangler {
  const { dataHash, flowOutputName, flowSource } = args;
  // A snapshot never changes, and its id is in the query, which the cache compares.
  const isSnapshot = /^\d+$/.test(args.dataset.source?.asOf ?? "");
  const outputConfig = JSON.stringify({ [flowOutputName]: { content_type: "CSV" } });
  const processing = processingStep({
    name: "DataWranglerProcess",
    imageUri: args.images.dataWrangler,
    roleArn: args.roles.processing,
    context: args.context,
    networkIsolation: false,
    instanceCount: parameter("ProcessingInstanceCount"),
    arguments: [`--output-config '${outputConfig}'`],
    cached: dataHash !== undefined || isSnapshot,
    // Only for the cache: the container does not read it.
    environment: dataHash === undefined ? undefined : { DATA_HASH: dataHash },
    inputs: [
      s3Input("flow", args.sources.flow),
      athenaInput(args, args.dataset.table, {
        QueryString: flowSource.query,
        OutputFormat: "PARQUET",
        OutputCompression: "SNAPPY",
      }),
    ],
    outputs: {
      [flowOutputName]: {
        folder: folder("output"),
        uri: executionUri(args.bucket, "data-wrangler"),
      },
    },
  });
  const [node = "", name = ""] = flowOutputName.split(".");
  const job = stepProperty(processing.step.Name, "ProcessingJobName");
  const outputUri = join("/", [processing.output(flowOutputName), job, node, `${name}/`]);
  return { step: processing.step, outputUri };
}

/** The step that {@link preprocessStep} builds. */
export interface Preprocess extends Processing<"metadata" | "test" | "train" | "validation"> {
  /** S3 URI of the values of the test rows to break errors down by; undefined if none is configured. */
  readonly segmentsUri: Reference | undefined;
  /** S3 URIs of the encoding of the table's own rows; undefined if models accept encoded rows. */
  readonly encoder:
    | {
        /** The archive for the container. */
        readonly archiveUri: StringExpression;
        /** The document in it, for people to read. */
        readonly documentUri: StringExpression;
      }
    | undefined;
}

/** Arguments of Preprocess about columns to encode. */
function encodeArguments(dataset: Dataset): readonly string[] {
  const travelling = percentEncoded(dataset);
  const columns = [...encodings(dataset)].map(([column, encoding]) => ({
    column,
    ...encoding,
    ...(travelling.includes(column) ? { percentEncoded: true } : {}),
  }));
  return columns.length === 0 ? [] : jsonArguments("encode", columns);
}

/** Arguments of Preprocess about the columns to break errors down by. */
function segmentArguments(dataset: Dataset): readonly string[] {
  const { categorical, encode, segments } = dataset;
  const columns = segments.map((column, place) => {
    const isText = castType(typeInQuery(dataset, column) ?? "") === "string";
    const kind = columnType(typeInQuery(dataset, column) ?? "")?.kind;
    const hasLabels = categorical.includes(column) || encode[column] !== undefined;
    const as = isText || kind === "boolean" || hasLabels ? "labels" : "numbers";
    return { name: segmentColumn(place), column, as };
  });
  return columns.length === 0 ? [] : jsonArguments("segments", columns);
}

/** Arguments of Preprocess about folds. */
function foldArguments({ crossValidation }: Dataset): readonly string[] {
  if (crossValidation === undefined) {
    return [];
  }
  const { folds, maxRows, repeats } = crossValidation;
  const counts = ["--folds", String(folds), "--repeats", String(repeats)];
  return [...counts, "--max-fold-rows", String(maxRows)];
}

/** Splits the rows into train, validation and test data, label first, without a header, and reports on them. */
export function preprocessStep(args: DefinitionArgs, transformed: StringExpression): Preprocess {
  const { columns, dataChecks, dateParts, missingValues, seed, split, table, target } =
    args.dataset;
  const { predictionIntervals, sampleWeight, segments } = args.dataset;
  const unused = droppedColumns(args.dataset).filter((name) => dateParts[name] === undefined);
  const used = columns.filter(({ name }) => name !== target && !unused.includes(name));
  const { test, train, validation } = splitFractions(args.dataset);
  const { by, column } = split;
  const output = (name: string): { folder: string; uri: StringExpression } => ({
    folder: folder(name),
    uri: executionUri(args.bucket, name),
  });
  const { rowSchema } = args.sources;
  const { countQuery } = args.flowSource;
  // The counts of the rows that the query reads and leaves out, as JSON, which Python can read without a library. Preprocess
  // is isolated, which concerns its containers (service model, EnableNetworkIsolation); SageMaker runs the query outside of
  // them (aws/sagemaker-python-sdk#5176: its log marks it as SageMaker's). No source shows the two together.
  const counts = countQuery
    ? [athenaInput(args, "counts", { QueryString: countQuery, OutputFormat: "JSON" })]
    : [];
  const processing = processingStep<string>({
    name: "Preprocess",
    imageUri: args.images.scikitLearn,
    roleArn: args.roles.processing,
    context: args.context,
    script: { name: "preprocess", source: args.sources.preprocess },
    arguments: [
      ...["--input", folder("input"), "--output", processingFolder, "--target", target],
      ...["--train", String(train), "--validation", String(validation)],
      ...["--test", String(test), "--seed", String(seed), "--message", exitMessage],
      ...["--table", table, "--column-count", String(used.length)],
      ...["--data-checks", dataChecks],
      ...(countQuery === undefined ? [] : ["--counts", folder("counts")]),
      ...(column === undefined ? [] : ["--by", by, "--column", column, "--key", splitKey]),
      ...(sampleWeight === undefined ? [] : ["--sample-weight", sampleWeight]),
      ...encodeArguments(args.dataset),
      ...segmentArguments(args.dataset),
      ...foldArguments(args.dataset),
      ...(predictionIntervals === undefined
        ? []
        : ["--prediction-intervals", String(predictionIntervals)]),
      ...(rowSchema === undefined ? [] : ["--row-schema", `${folder("schema")}/${rowSchemaFile}`]),
      ...(rowSchema !== undefined && missingValues === "impute" ? ["--impute"] : []),
    ],
    inputs: [
      s3Input("input", transformed),
      ...(rowSchema === undefined ? [] : [s3Input("schema", rowSchema)]),
      ...counts,
    ],
    outputs: {
      train: output("train"),
      validation: output("validation"),
      test: output("test"),
      metadata: output("metadata"),
      ...(segments.length === 0 ? {} : { segments: output("segments") }),
      // Beside the models, because it must exist as long as they do, with the same readers.
      ...(rowSchema === undefined
        ? {}
        : { encoder: { folder: folder("encoder"), uri: encoderUri(args.bucket) } }),
    },
  });
  const encoder = processing.output("encoder");
  return {
    ...processing,
    segmentsUri: segments.length === 0 ? undefined : processing.output("segments"),
    encoder:
      rowSchema === undefined
        ? undefined
        : {
            archiveUri: join("/", [encoder, "model.tar.gz"]),
            documentUri: join("/", [encoder, "encoding.json"]),
          },
  };
}
