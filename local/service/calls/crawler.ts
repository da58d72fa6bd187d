import { arn, type Call, type Calls, type Evidence } from "./call";
import { logs } from "./everyJob";
import { readsTable } from "./storage";

const crawls: Evidence = {
  source: 'managed policy AWSGlueServiceRole; Glue guide, "Crawler prerequisites"',
  certainty: "certain",
};

const encryptedCatalogue: Evidence = {
  source: 'Glue guide, "Encrypting your Data Catalog"',
  certainty: "certain",
};

const addsPartitions: Evidence = {
  source: 'managed policy AWSGlueServiceRole (glue:*); Glue API reference, "BatchCreatePartition"',
  certainty: "likely",
};

/** The crawler of the table: reads its files, adds and updates partitions, and logs what does not fit. */
export const crawler: Calls = (stack) => {
  if (!stack.crawler) {
    return [];
  }
  const { database, dnsSuffix, encryptCatalog, kmsKeyArn, region, table } = stack;
  const catalog = arn(stack, "glue", "catalog");
  const databaseArn = arn(stack, "glue", `database/${database}`);
  return [
    ...readsTable(stack, "crawler", crawls),
    {
      actor: "crawler",
      actions: ["glue:GetDatabase"],
      resources: [catalog, databaseArn],
      evidence: crawls,
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
        "glue:UpdatePartition",
        "glue:UpdateTable",
      ],
      resources: [catalog, databaseArn, arn(stack, "glue", `table/${database}/${table}`)],
      evidence: addsPartitions,
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
