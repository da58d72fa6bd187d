import type { athena, s3 } from "@pulumi/aws";

import { stackNames } from "../../contract/names";
import { challenge } from "../../pipeline/champion";
import { tableBucket } from "../../pipeline/dataset";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import { imagesOf } from "../../pipeline/language/images";
import { inputsOf } from "../../offline/resources";
import type { Program } from "../../offline/program";
import type { Stack } from "./calls";
import { repositoriesOf } from "./stepCalls";

/** ARNs of the repositories of a definition's images. */
function repositories(definition: PipelineDefinition): readonly string[] {
  const images = allSteps(definition).flatMap(({ step }) => imagesOf(step));
  return [...new Set(repositoriesOf(images))];
}

/** The network of a definition's jobs, which is the same for all. */
function vpc(definition: PipelineDefinition): Stack["vpc"] {
  const [found] = allSteps(definition).flatMap(({ step }) =>
    step.Type === "Processing" ? (step.Arguments.NetworkConfig?.VpcConfig ?? []) : [],
  );
  return (
    found && {
      subnetIds: (found.Subnets ?? []).map(String),
      securityGroupIds: (found.SecurityGroupIds ?? []).map(String),
    }
  );
}

/**
 * The properties of a stack, from its registered resources.
 *
 * @param dataKmsKeyArn key of the table's files in another bucket, which no resource has
 */
export function stackOf(program: Program, dataKmsKeyArn?: string): Stack {
  const { accountId, definition, loggingDefinition, region, resources, stack } = program;
  const names = stackNames(stack);
  const approval = definition.Parameters?.find(({ Name }) => Name === "ModelApprovalStatus");
  const app = definition.MlflowConfig?.MlflowResourceArn;
  const has = (type: string): boolean => resources.some((one) => one.type === type);
  const [workGroup] = inputsOf<athena.WorkgroupArgs>(resources, "aws:athena/workgroup:Workgroup");
  const results = workGroup?.configuration?.resultConfiguration;
  const [{ bucket = "" } = {}] = inputsOf<s3.BucketArgs>(resources, "aws:s3/bucket:Bucket");
  const [table] = program.tables;
  const bucketOfTable = tableBucket(program.dataset.source);
  const [, dataBucket = "", prefix = ""] =
    /^s3:\/\/([^/]+)\/(.*)$/.exec(table?.location ?? "") ?? [];
  return {
    partition: "aws",
    region,
    accountId,
    dnsSuffix: "amazonaws.com",
    roleNames: names.roleNames,
    bucket,
    kmsKeyArn: results?.encryptionConfiguration?.kmsKeyArn ?? "",
    database: table?.database ?? names.databaseName,
    table: table?.name ?? "",
    baseTables: program.dataset.source?.baseTables ?? [],
    tableBucket:
      bucketOfTable === undefined ? undefined : { name: bucketOfTable, kmsKeyArn: dataKmsKeyArn },
    ...(dataBucket === bucket || bucketOfTable !== undefined
      ? {}
      : { data: { bucket: dataBucket, prefix, kmsKeyArn: dataKmsKeyArn } }),
    workGroup: names.workGroupName,
    encryptCatalog: has("aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"),
    pipeline: program.pipelineName,
    modelPackageGroup: names.modelPackageGroupName,
    modelApprovalStatus: String(approval?.DefaultValue ?? ""),
    tag: stack,
    repositories: repositories(definition),
    vpc: vpc(definition),
    flowLogGroup: has("aws:ec2/flowLog:FlowLog") ? names.flowLogsName : undefined,
    experiments: Boolean(definition.PipelineExperimentConfig),
    mlflowApp: typeof app === "string" ? app : undefined,
    logs: loggingDefinition && {
      pipeline: names.loggingName,
      vpc: vpc(loggingDefinition),
    },
    challengesChampion: definition.Steps.some(({ Name }) => Name === challenge.step),
    crawler: has("aws:glue/crawler:Crawler"),
    servesRawRows: resources.some(({ name }) => name === "models-row-schema"),
    findsDrift: resources.some(({ name }) => name === "models-reference-drift-reference"),
  };
}
