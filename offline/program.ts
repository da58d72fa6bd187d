import type { athena, glue, s3, sagemaker } from "@pulumi/aws";
import type { ImageArgs } from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { createRequire } from "node:module";

import { californiaHousing } from "../pipeline/californiaHousing";
import { tableBucket } from "../pipeline/dataset";
import { asOfSql, type Dataset } from "../pipeline/datasetFields";
import { datasetSchema } from "../pipeline/datasetSchema";
import { tableFormat } from "../pipeline/tableFormat";
import type { PipelineDefinition } from "../pipeline/language/definition";
import type { JsonObject } from "../pipeline/language/json";
import { parseText } from "../pipeline/language/parse";
import { UserError } from "../errors/userError";
import { exampleAccountId } from "./exampleAccount";
import { prebuiltRegistries } from "./prebuiltRegistries";
import { inputsOf, type Resource } from "./resources";
import { type StandingResources, standingResources } from "./standing";

/** A column of a Glue table. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** A Glue table, as the program declares it. */
export interface Table {
  readonly database: string;
  readonly name: string;
  readonly columns: readonly Column[];
  /** The keys of the files' folders, outermost first. */
  readonly partitionKeys: readonly Column[];
  /** S3 URI of the folder with its files. */
  readonly location: string;
  readonly format: "csv" | "parquet";
  readonly delimiter: string;
  readonly skipHeaderLines: number;
  readonly quoteCharacter: string | null;
  /** The text that means null in CSV files without quotes. */
  readonly nullFormat: string;
  /** The version of an Iceberg table that the files contain, as in the query: `VERSION AS OF 1`; null: the latest. */
  readonly asOf: string | null;
  /** Athena's name for its catalogue, if it is not in the account's own. */
  readonly catalog?: string;
}

/** An Athena workgroup as the program declares it. */
export interface WorkGroup {
  readonly name: string;
  /** Whether its own settings override those of queries. */
  readonly enforcesConfiguration: boolean;
}

/** What a local run needs of the program. */
export interface Program {
  readonly stack: string;
  readonly resources: readonly Resource[];
  readonly region: string;
  readonly accountId: string;
  readonly pipelineName: string;
  readonly definition: PipelineDefinition;
  /** Of the pipeline that logs executions of the other. Default: there is none. */
  readonly loggingDefinition?: PipelineDefinition;
  readonly decisionTreeImageUri: string;
  readonly tables: readonly Table[];
  /** The dataset in the stack's configuration. */
  readonly dataset: Dataset;
  readonly workGroups: readonly WorkGroup[];
  /** Texts that are uploaded, by S3 URI. */
  readonly uploads: ReadonlyMap<string, string>;
  /** The base image of the Decision Tree image. Default: the one in its Dockerfile. */
  readonly baseImage?: string;
  /** The file to upload as the table's data. */
  readonly dataFile?: string;
  /** The resources that cost by the hour. */
  readonly standing: StandingResources;
  /** The program's warnings, which are about AWS. */
  readonly warnings: readonly string[];
}

/** Mocks the answers of the account and its services. */
export class ExampleAccount implements pulumi.runtime.Mocks {
  readonly resources: Resource[] = [];

  constructor(private readonly region: string) {}

  newResource(args: pulumi.runtime.MockResourceArgs): {
    id: string;
    state: Record<string, unknown>;
  } {
    const inputs = args.inputs as Record<string, unknown>;
    this.resources.push({ type: args.type, name: args.name, inputs: inputs as JsonObject });
    return { id: `${args.name}-id`, state: { ...inputs, ...this.computed(args) } };
  }

  /** The values that AWS would assign. Everything else that matters is composed of names. */
  private computed(args: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
    const arn = (service: string, path: string): string =>
      `arn:aws:${service}:${this.region}:${exampleAccountId}:${path}`;
    switch (args.type) {
      case "aws:kms/key:Key":
        return { arn: arn("kms", `key/${args.name}`), keyId: args.name };
      case "aws:sagemaker/mlflowApp:MlflowApp":
        return { arn: arn("sagemaker", "mlflow-app/app-placeholder") };
      case "aws:ec2/vpcEndpoint:VpcEndpoint":
        return { prefixListId: "pl-placeholder" };
      case "awsx:ec2:Vpc":
        return {
          vpcId: "vpc-placeholder",
          isolatedSubnetIds: ["subnet-placeholder-1", "subnet-placeholder-2"],
          routeTables: [{ id: "rtb-placeholder-1" }, { id: "rtb-placeholder-2" }],
        };
      case "docker:index/image:Image": {
        const name = String((args.inputs as Record<string, unknown>)["imageName"]);
        return { repoDigest: `${name.replace(/:[^:]*$/, "")}@sha256:${"0".repeat(64)}` };
      }
      default: {
        const [, service = "", kind = ""] = /^aws:(\w+)\/(\w+):/.exec(args.type) ?? [];
        return {
          arn:
            kind === "openIdConnectProvider"
              ? `arn:aws:iam::${exampleAccountId}:oidc-provider/${args.name}`
              : arn(service, `${kind}/${args.name}`),
        };
      }
    }
  }

  call(args: pulumi.runtime.MockCallArgs): Record<string, unknown> {
    const inputs = args.inputs as Record<string, string | undefined>;
    switch (args.token) {
      case "aws:index/getCallerIdentity:getCallerIdentity":
        return { accountId: exampleAccountId };
      case "aws:index/getPartition:getPartition":
        return { partition: "aws", dnsSuffix: "amazonaws.com" };
      case "aws:ec2/getVpcEndpointService:getVpcEndpointService":
        return {
          availabilityZones: ["a", "b", "c", "d", "e", "f"].map((zone) => `${this.region}${zone}`),
        };
      case "aws:ecr/getImage:getImage":
        return {}; // Means that there is none; the message of an error thrown in a mock would be lost.
      case "aws:ecr/getAuthorizationToken:getAuthorizationToken":
        return { userName: "AWS", password: "" };
      case "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": {
        const repository = inputs["repositoryName"] ?? "";
        const registry = prebuiltRegistries[repository] ?? exampleAccountId;
        return {
          registryPath: `${registry}.dkr.ecr.${inputs["region"]}.amazonaws.com/${repository}:${inputs["imageTag"]}`,
        };
      }
      default:
        throw new Error(`the program calls ${args.token}, which has no answer without an account`);
    }
  }
}

function readColumn({ name, type = "" }: { name: string; type?: string }): Column {
  return { name, type };
}

/** The existing table that the stack reads: it has no resource, so the dataset tells how to read its files. */
function adoptedTable(dataset: Dataset): Table | undefined {
  const { partitions, source } = dataset;
  if (source === undefined) {
    return undefined;
  }
  const { columns, serializationLibrary, serializationParameters, tableParameters } =
    tableFormat(dataset);
  // Only S3 Tables knows where the files in a table bucket are.
  const unknown = `s3://${tableBucket(source)}--table-s3/${source.database}/${source.table}/`;
  const table = readTable({
    databaseName: source.database,
    name: source.table,
    parameters: tableParameters,
    partitionKeys: partitions.map(({ name, type }) => ({ name, type })),
    storageDescriptor: {
      columns,
      location: dataset.location ?? unknown,
      serDeInfo: { parameters: serializationParameters, serializationLibrary },
    },
  });
  const catalog = tableBucket(source) === undefined ? {} : { catalog: source.catalog };
  return {
    ...table,
    ...catalog,
    asOf: source.asOf === undefined ? null : (asOfSql(source.asOf) ?? null),
  };
}

function readTable(table: pulumi.Unwrap<glue.CatalogTableArgs>): Table {
  const { databaseName, name = "", parameters, partitionKeys = [], storageDescriptor } = table;
  const { columns = [], location = "", serDeInfo } = storageDescriptor ?? {};
  const { parameters: settings, serializationLibrary: library = "" } = serDeInfo ?? {};
  return {
    database: databaseName,
    name,
    columns: columns.map(readColumn),
    partitionKeys: partitionKeys.map(readColumn),
    location,
    format: library.includes("ParquetHiveSerDe") ? "parquet" : "csv",
    delimiter: settings?.["field.delim"] ?? settings?.["separatorChar"] ?? ",",
    skipHeaderLines: Number(parameters?.["skip.header.line.count"] ?? 0),
    quoteCharacter: library.includes("OpenCSVSerde") ? (settings?.["quoteChar"] ?? '"') : null,
    nullFormat: settings?.["serialization.null.format"] ?? "\\N",
    asOf: null,
  };
}

/** The dataset of a configuration that the program accepted. */
function datasetOf(config: Readonly<Record<string, string>>): Dataset {
  const configured = config["restate:dataset"];
  return datasetSchema.parse(configured === undefined ? californiaHousing : JSON.parse(configured));
}

/** Enforced by default, as by the provider's aws.athena.Workgroup. */
function readWorkGroup({
  configuration,
  name = "",
}: pulumi.Unwrap<athena.WorkgroupArgs>): WorkGroup {
  const { enforceWorkgroupConfiguration: enforcesConfiguration = true } = configuration ?? {};
  return { name, enforcesConfiguration };
}

/** @throws Error if the program renders no valid definition, which is a mistake in the program */
function readDefinition(text: string): PipelineDefinition {
  const { definition, problems } = parseText(text);
  if (problems !== undefined) {
    throw new Error(`the program's definition: ${problems.join("; ")}`);
  }
  return definition;
}

/**
 * Evaluates index.ts as `pulumi up` would, with mocks for the account's answers, and reads the pipeline and what it
 * needs from the registered resources.
 *
 * @param stack name of the stack
 * @param config its configuration, by full key
 * @throws UserError if the configuration is not valid
 */
export async function evaluateProgram(
  stack: string,
  config: Readonly<Record<string, string>>,
): Promise<Program> {
  try {
    return await withoutStacks(() => evaluate(stack, config));
  } catch (error) {
    if (error instanceof UserError) {
      throw error;
    }
    return evaluate(stack, config); // throws again, this time with a stack trace
  }
}

/**
 * Evaluates resources without the stack traces that Pulumi takes of all its promises: nothing prints them, and they
 * take two thirds of the time. Errors thrown meanwhile have none either.
 */
export async function withoutStacks<Value>(evaluate: () => Promise<Value>): Promise<Value> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await evaluate();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function evaluate(stack: string, config: Readonly<Record<string, string>>): Promise<Program> {
  const region = config["aws:region"] ?? "us-east-1";
  const account = new ExampleAccount(region);
  await pulumi.runtime.setMocks(account, "restate", stack, false);
  pulumi.runtime.setAllConfig({ ...config });
  const load = createRequire(__filename);
  const index = load.resolve("..");
  // Node.js evaluates a module only once, but a second stack in this process needs another evaluation.
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  delete load.cache[index];
  const warnings: string[] = [];
  const { warn } = console;
  // Without an engine, Pulumi logs here.
  console.warn = (message: string) => {
    warnings.push(message.replace(/^warning: \[runtime\] /, ""));
  };
  let failure: unknown;
  await pulumi.runtime.runInPulumiStack(() => {
    try {
      return Promise.resolve(load(index) as object);
    } catch (error) {
      // Caught here, because Pulumi would also report it, with a stack trace.
      failure = error;
      return Promise.resolve({});
    }
  });
  // The outputs of components are registered last; wait, so that they do not end up in the next evaluation.
  await pulumi.runtime.disconnect(false);
  console.warn = warn;
  if (pulumi.RunError.isInstance(failure) || isInputError(failure)) {
    throw new UserError(failure.message);
  }
  if (failure !== undefined) {
    throw failure as Error;
  }
  const { resources } = account;
  const pipelineNamed = (wanted: string): pulumi.Unwrap<sagemaker.PipelineArgs> | undefined =>
    inputsOf<sagemaker.PipelineArgs>(
      resources.filter(({ name }) => name === wanted),
      "aws:sagemaker/pipeline:Pipeline",
    )[0];
  const pipeline = pipelineNamed("models-pipeline");
  const logging = pipelineNamed("mlflow-logs-pipeline")?.pipelineDefinition;
  const [image] = inputsOf<ImageArgs>(resources, "docker:index/image:Image");
  const uploads = inputsOf<Omit<s3.BucketObjectv2Args, "bucket"> & { bucket: string }>(
    resources,
    "aws:s3/bucketObjectv2:BucketObjectv2",
  ).flatMap(({ bucket, content, key }): [string, string][] =>
    content === undefined ? [] : [[`s3://${bucket}/${key}`, content]],
  );
  const dataset = datasetOf(config);
  const adopted = adoptedTable(dataset);
  const ownTables = inputsOf<glue.CatalogTableArgs>(
    resources,
    "aws:glue/catalogTable:CatalogTable",
  ).map(readTable);
  // Empty values mean none.
  const { "restate:baseImage": baseImage = "", "restate:dataFile": dataFile = "" } = config;
  return {
    stack,
    resources,
    ...(dataFile === "" ? {} : { dataFile }),
    ...(baseImage === "" ? {} : { baseImage }),
    region,
    accountId: exampleAccountId,
    dataset,
    pipelineName: pipeline?.pipelineName ?? "",
    definition: readDefinition(pipeline?.pipelineDefinition ?? ""),
    ...(logging === undefined ? {} : { loggingDefinition: readDefinition(logging) }),
    decisionTreeImageUri: image?.imageName ?? "",
    tables: adopted === undefined ? ownTables : [adopted],
    workGroups: inputsOf<athena.WorkgroupArgs>(resources, "aws:athena/workgroup:Workgroup").map(
      readWorkGroup,
    ),
    uploads: new Map(uploads),
    standing: standingResources(resources),
    warnings,
  };
}

function isInputError(error: unknown): error is Error {
  return error instanceof pulumi.InputPropertyError || error instanceof pulumi.InputPropertiesError;
}
