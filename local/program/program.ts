import * as pulumi from "@pulumi/pulumi";
import { createRequire } from "node:module";

import { californiaHousing } from "../../pipeline/californiaHousing";
import type { Dataset } from "../../pipeline/dataset";
import { datasetSchema } from "../../pipeline/datasetSchema";
import type { JsonObject } from "../../pipeline/expressions";
import { object, objects, text } from "../../pipeline/walk";
import { UserError } from "../../terminal/errors";
import { exampleAccountId } from "./exampleAccount";

/** A resource that the program registered. */
export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly inputs: JsonObject;
}

/** A column of a Glue table. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** A Glue table as the program declares it. */
export interface Table {
  readonly database: string;
  readonly name: string;
  readonly columns: readonly Column[];
  /** Keys of the folders that the files lie in, outermost first. */
  readonly partitionKeys: readonly Column[];
  /** S3 URI of the folder with its files. */
  readonly location: string;
  readonly format: "csv" | "parquet";
  readonly delimiter: string;
  readonly skipHeaderLines: number;
  readonly quoteCharacter: string | null;
}

/** An Athena workgroup as the program declares it. */
export interface WorkGroup {
  readonly name: string;
  /** Whether its own settings override those of queries. */
  readonly enforcesConfiguration: boolean;
}

/** What the program registers, as far as a local run needs it. */
export interface Program {
  readonly stack: string;
  readonly resources: readonly Resource[];
  readonly region: string;
  readonly accountId: string;
  readonly pipelineName: string;
  readonly definition: JsonObject;
  /** URI of the Decision Tree image. */
  readonly decisionTreeImageUri: string;
  readonly tables: readonly Table[];
  /** The table to learn from, as the stack configures it. */
  readonly dataset: Dataset;
  readonly workGroups: readonly WorkGroup[];
  /** Texts that are uploaded, by S3 URI. */
  readonly uploads: ReadonlyMap<string, string>;
  /** Image that the Decision Tree image is built on. Default: the one that its Dockerfile names. */
  readonly baseImage?: string;
  /** The file that is uploaded as the table's data. */
  readonly dataFile?: string;
  /** What the program warns of, which is about AWS: a text each. */
  readonly warnings: readonly string[];
}

/** The registries of SageMaker's images in us-east-1. Elsewhere the provider's own table tells. */
const prebuiltRegistries: Readonly<Record<string, string>> = {
  "sagemaker-data-wrangler-container": "663277389841",
  "sagemaker-model-monitor-analyzer": "156813124566",
  "sagemaker-scikit-learn": "683313688378",
  "sagemaker-xgboost": "683313688378",
};

/** Stands in for what the account and its services would answer. */
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

  /** What AWS would assign. Everything else that matters is composed of names. */
  private computed(args: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
    const arn = (service: string, path: string): string =>
      `arn:aws:${service}:${this.region}:${exampleAccountId}:${path}`;
    switch (args.type) {
      case "aws:kms/key:Key":
        return { arn: arn("kms", `key/${args.name}`), keyId: args.name };
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
        return { arn: arn(service, `${kind}/${args.name}`) };
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
        return {}; // There is none: what a mock throws has no message.
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

function readColumn(column: JsonObject): Column {
  return { name: text(column["name"]), type: text(column["type"]) };
}

function readTable(resource: Resource): Table {
  const { databaseName, name, parameters, storageDescriptor } = resource.inputs;
  const storage = object(storageDescriptor);
  const serDe = object(storage["serDeInfo"]);
  const serDeParameters = object(serDe["parameters"]);
  const tableParameters = object(parameters);
  const library = text(serDe["serializationLibrary"]);
  return {
    database: text(databaseName),
    name: text(name),
    columns: objects(storage["columns"]).map(readColumn),
    partitionKeys: objects(resource.inputs["partitionKeys"]).map(readColumn),
    location: text(storage["location"]),
    format: library.includes("ParquetHiveSerDe") ? "parquet" : "csv",
    delimiter:
      text(serDeParameters["field.delim"]) || text(serDeParameters["separatorChar"]) || ",",
    skipHeaderLines: Number(tableParameters["skip.header.line.count"] ?? 0),
    quoteCharacter: library.includes("OpenCSVSerde")
      ? text(serDeParameters["quoteChar"]) || '"'
      : null,
  };
}

/** The table to learn from of a configuration that the program took. */
function datasetOf(config: Readonly<Record<string, string>>): Dataset {
  const configured = config["restate:dataset"];
  return datasetSchema.parse(configured === undefined ? californiaHousing : JSON.parse(configured));
}

/** The default is the provider's: aws.athena.Workgroup enforces unless it is told not to. */
function readWorkGroup({ configuration, name }: JsonObject): WorkGroup {
  const enforces = object(configuration)["enforceWorkgroupConfiguration"] ?? true;
  return { name: text(name), enforcesConfiguration: enforces === true };
}

function inputsOf(resources: readonly Resource[], type: string): readonly JsonObject[] {
  return resources.filter((resource) => resource.type === type).map(({ inputs }) => inputs);
}

/**
 * Evaluates index.ts as `pulumi up` would, with stand-ins for the account's answers, and reads the
 * pipeline and what it needs out of what the program registered.
 *
 * @param stack name of the stack
 * @param config its configuration, by full key
 * @throws UserError where the configuration is not valid
 */
export async function evaluateProgram(
  stack: string,
  config: Readonly<Record<string, string>>,
): Promise<Program> {
  const region = config["aws:region"] ?? "us-east-1";
  const account = new ExampleAccount(region);
  await pulumi.runtime.setMocks(account, "restate", stack, false);
  pulumi.runtime.setAllConfig({ ...config });
  const load = createRequire(__filename);
  const index = load.resolve("../..");
  // A module is evaluated once; a second stack in one process needs another evaluation.
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  delete load.cache[index];
  const warnings: string[] = [];
  const { warn } = console;
  // Where Pulumi's log goes without an engine.
  console.warn = (message: string) => {
    warnings.push(message.replace(/^warning: \[runtime\] /, ""));
  };
  let failure: unknown;
  await pulumi.runtime.runInPulumiStack(() => {
    try {
      return Promise.resolve(load(index) as object);
    } catch (error) {
      // Pulumi would tell of it too, by a stack trace.
      failure = error;
      return Promise.resolve({});
    }
  });
  // The outputs of components are registered after all else; the next evaluation must not meet them.
  await pulumi.runtime.disconnect(false);
  console.warn = warn;
  if (pulumi.RunError.isInstance(failure) || isInputError(failure)) {
    throw new UserError(failure.message);
  }
  if (failure !== undefined) {
    throw failure as Error;
  }
  const { resources } = account;
  const [pipeline] = inputsOf(resources, "aws:sagemaker/pipeline:Pipeline");
  const [image] = inputsOf(resources, "docker:index/image:Image");
  const uploads = inputsOf(resources, "aws:s3/bucketObjectv2:BucketObjectv2").flatMap(
    ({ bucket, content, key }): [string, string][] =>
      typeof content === "string" ? [[`s3://${text(bucket)}/${text(key)}`, content]] : [],
  );
  const dataFile = config["restate:dataFile"];
  const baseImage = config["restate:baseImage"];
  return {
    stack,
    resources,
    ...(dataFile === undefined ? {} : { dataFile }),
    ...(baseImage === undefined ? {} : { baseImage }),
    region,
    accountId: exampleAccountId,
    dataset: datasetOf(config),
    pipelineName: text(pipeline?.["pipelineName"]),
    definition: JSON.parse(text(pipeline?.["pipelineDefinition"])) as JsonObject,
    decisionTreeImageUri: text(image?.["imageName"]),
    tables: resources
      .filter(({ type }) => type === "aws:glue/catalogTable:CatalogTable")
      .map(readTable),
    workGroups: inputsOf(resources, "aws:athena/workgroup:Workgroup").map(readWorkGroup),
    uploads: new Map(uploads),
    warnings,
  };
}

function isInputError(error: unknown): error is Error {
  return error instanceof pulumi.InputPropertyError || error instanceof pulumi.InputPropertiesError;
}
