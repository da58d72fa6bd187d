import { arn, type Calls, callsBy, certain, likely } from "./call";
import { logs } from "./everyJob";
import { catalogKey, readsTable } from "./storage";

const crawls = certain(
  "managed policy AWSGlueServiceRole (s3:GetBucketLocation, s3:ListBucket, logs); Glue guide, " +
    '"Crawler prerequisites" (s3:GetObject, and the key)',
);

const encryptedCatalogue = certain('Glue guide, "Encrypting your Data Catalog"');

const updatesTable = likely(
  "aws-solutions-library-samples/cloud-intelligence-dashboards-framework#756 and nuuday/terraform-aws-cur, " +
    "glue.tf (crawlers' roles have both, in addition to AWSGlueServiceRole)",
);

const addsPartitions = likely(
  "managed policy AWSGlueServiceRole (glue:*; no source says which of them a crawler calls)",
);

/** The table's crawler: reads its files, adds and updates partitions, and logs problems. */
export const crawler: Calls = (stack) => {
  if (!stack.crawler) {
    return [];
  }
  const { database, table } = stack;
  const call = callsBy("crawler");
  const inDatabase = [arn(stack, "glue", "catalog"), arn(stack, "glue", `database/${database}`)];
  const onTable = [...inDatabase, arn(stack, "glue", `table/${database}/${table}`)];
  const partitions = ["BatchCreatePartition", "BatchGetPartition", "CreatePartition"];
  return [
    ...readsTable(stack, "crawler", crawls),
    call(["glue:GetDatabase"], inDatabase, addsPartitions),
    call(
      [...partitions, "GetPartition", "GetPartitions", "GetTable"].map((one) => `glue:${one}`),
      onTable,
      addsPartitions,
    ),
    call(["glue:UpdatePartition", "glue:UpdateTable"], onTable, updatesTable),
    ...catalogKey(stack, "crawler", encryptedCatalogue),
    logs(stack, "crawler", "/aws-glue/crawlers", crawls),
  ];
};
