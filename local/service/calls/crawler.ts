import { arn, type Call, type Calls, type Evidence } from "./call";
import { logs } from "./everyJob";
import { readsTable } from "./storage";

const crawls: Evidence = {
  source:
    "managed policy AWSGlueServiceRole (s3:GetBucketLocation, s3:ListBucket, logs); Glue guide, " +
    '"Crawler prerequisites" (s3:GetObject, and the key)',
  certainty: "certain",
};

const encryptedCatalogue: Evidence = {
  source: 'Glue guide, "Encrypting your Data Catalog"',
  certainty: "certain",
};

const updatesTable: Evidence = {
  source:
    "aws-solutions-library-samples/cloud-intelligence-dashboards-framework#756 and nuuday/terraform-aws-cur, " +
    "glue.tf (crawlers' roles have both, in addition to AWSGlueServiceRole)",
  certainty: "likely",
};

const addsPartitions: Evidence = {
  source:
    "managed policy AWSGlueServiceRole (glue:*; no source says which of them a crawler calls)",
  certainty: "likely",
};

/** The table's crawler: reads its files, adds and updates partitions, and logs problems. */
export const crawler: Calls = (stack) => {
  if (!stack.crawler) {
    return [];
  }
  const { database, dnsSuffix, encryptCatalog, kmsKeyArn, region, table } = stack;
  const catalog = arn(stack, "glue", "catalog");
  const databaseArn = arn(stack, "glue", `database/${database}`);
  const tableArns = [catalog, databaseArn, arn(stack, "glue", `table/${database}/${table}`)];
  return [
    ...readsTable(stack, "crawler", crawls),
    {
      actor: "crawler",
      actions: ["glue:GetDatabase"],
      resources: [catalog, databaseArn],
      evidence: addsPartitions,
    },
    {
      actor: "crawler",
      actions: [
        "glue:BatchCreatePartition",
        "glue:BatchGetPartition",
        "glue:CreatePartition",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:GetTable",
      ],
      resources: tableArns,
      evidence: addsPartitions,
    },
    {
      actor: "crawler",
      actions: ["glue:UpdatePartition", "glue:UpdateTable"],
      resources: tableArns,
      evidence: updatesTable,
    },
    ...(encryptCatalog
      ? [
          {
            actor: "crawler",
            actions: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
            resources: [kmsKeyArn],
            context: { "kms:ViaService": `glue.${region}.${dnsSuffix}` },
            evidence: encryptedCatalogue,
          } satisfies Call,
        ]
      : []),
    logs(stack, "crawler", "/aws-glue/crawlers", crawls),
  ];
};
