import { stackNames } from "../../contract/names";
import { ecrRepository } from "../../pipeline/ecrRepository";
import type { JsonObject } from "../../pipeline/expressions";
import { allSteps, object, text } from "../../pipeline/walk";
import type { Program } from "../program/program";
import type { Stack } from "./calls";

/** The values of a member of this name, wherever it is in a document. */
function members(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) {
    return value.flatMap((one) => members(one, name));
  }
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key === name ? [member as unknown] : []),
    ...members(member, name),
  ]);
}

/** ARNs of the repositories that the images of a definition lie in. */
function repositories(definition: JsonObject): readonly string[] {
  const images = ["Image", "ImageUri", "TrainingImage"].flatMap((name) =>
    members(definition, name),
  );
  const arns = images.flatMap((image) => {
    const found = typeof image === "string" ? ecrRepository(image) : undefined;
    return found === undefined
      ? []
      : [`arn:aws:ecr:${found.region}:${found.accountId}:repository/${found.name}`];
  });
  return [...new Set(arns)];
}

/** The network of a definition's jobs, which is the same for all. */
function vpc(definition: JsonObject): Stack["vpc"] {
  const [found] = allSteps(definition["Steps"]).flatMap(({ step }) => members(step, "VpcConfig"));
  if (found === undefined) {
    return undefined;
  }
  const { SecurityGroupIds: securityGroupIds, Subnets: subnetIds } = object(found as JsonObject);
  return {
    subnetIds: (subnetIds as readonly unknown[]).map(String),
    securityGroupIds: (securityGroupIds as readonly unknown[]).map(String),
  };
}

/**
 * A stack as what the program registers shows it.
 *
 * @param dataKmsKeyArn key of the table's files, where they are in another bucket; no resource tells of it
 */
export function stackOf(program: Program, dataKmsKeyArn?: string): Stack {
  const { accountId, definition, region, resources, stack } = program;
  const names = stackNames(stack);
  const inputsOf = (type: string): JsonObject | undefined =>
    resources.find((one) => one.type === type)?.inputs;
  const workGroup = object(inputsOf("aws:athena/workgroup:Workgroup"));
  const results = object(object(workGroup["configuration"])["resultConfiguration"]);
  const bucket = text(inputsOf("aws:s3/bucket:Bucket")?.["bucket"]);
  const [table] = program.tables;
  const [, dataBucket = "", prefix = ""] =
    /^s3:\/\/([^/]+)\/(.*)$/.exec(table?.location ?? "") ?? [];
  return {
    partition: "aws",
    region,
    accountId,
    dnsSuffix: "amazonaws.com",
    roleNames: names.roleNames,
    bucket,
    kmsKeyArn: text(object(results["encryptionConfiguration"])["kmsKeyArn"]),
    database: table?.database ?? names.databaseName,
    table: table?.name ?? "",
    ...(dataBucket === bucket
      ? {}
      : { data: { bucket: dataBucket, prefix, kmsKeyArn: dataKmsKeyArn } }),
    workGroup: names.workGroupName,
    encryptCatalog:
      inputsOf("aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings") !==
      undefined,
    pipeline: program.pipelineName,
    modelPackageGroup: names.modelPackageGroupName,
    repositories: repositories(definition),
    vpc: vpc(definition),
    flowLogGroup:
      inputsOf("aws:ec2/flowLog:FlowLog") === undefined ? undefined : names.flowLogsName,
    crawler: inputsOf("aws:glue/crawler:Crawler") !== undefined,
  };
}
