import { deepEqual, equal, match, ok } from "node:assert/strict";

import type { Program } from "../../offline/program";
import type { Resource } from "../../offline/resources";
import { californiaHousing } from "../../pipeline/californiaHousing";
import type { Json, JsonObject } from "../../pipeline/language/json";
import { text } from "../support/json";
import { at, program } from "../support/definitions";

const bucket = "sagemaker-restate-test-111122223333";
const partitioned = { ...californiaHousing, partitions: [{ name: "year", type: "int" }] };

describe("the program", () => {
  let evaluated: Program;
  const find = (name: string): Resource => {
    const found = evaluated.resources.find((one) => one.name === name);
    ok(found, `no resource ${name}`);
    return found;
  };
  const inputs = (name: string): JsonObject => find(name).inputs;
  const policy = (name: string): JsonObject =>
    JSON.parse(text(inputs(name)["policy"])) as JsonObject;
  const statements = (name: string): readonly JsonObject[] =>
    policy(name)["Statement"] as JsonObject[];
  const statement = (name: string, sid: string): JsonObject => {
    const found = statements(name).find(({ Sid }) => Sid === sid);
    ok(found, `no statement ${sid}`);
    return found;
  };

  before(async () => {
    evaluated = await program({ network: { mode: "none" } });
  });

  it("registers these resources, each once", () => {
    const names = evaluated.resources.map(({ name, type }) => `${type} ${name}`);
    deepEqual(names.sort(), [
      "aws:athena/namedQuery:NamedQuery data-query",
      "aws:athena/namedQuery:NamedQuery data-table-query",
      "aws:athena/workgroup:Workgroup data-workgroup",
      "aws:cloudwatch/eventRule:EventRule operations-approval",
      "aws:cloudwatch/eventRule:EventRule operations-awaits-approval",
      "aws:cloudwatch/eventTarget:EventTarget operations-approval-target",
      "aws:cloudwatch/eventTarget:EventTarget operations-awaits-approval-target",
      "aws:cloudwatch/metricAlarm:MetricAlarm operations-execution-failed",
      "aws:ecr/repository:Repository decision-tree-repository",
      "aws:glue/catalogDatabase:CatalogDatabase data-database",
      "aws:glue/catalogTable:CatalogTable data-table",
      "aws:iam/policy:Policy approval-policy",
      "aws:iam/role:Role permissions-evaluation",
      "aws:iam/role:Role permissions-monitoring",
      "aws:iam/role:Role permissions-pipeline",
      "aws:iam/role:Role permissions-processing",
      "aws:iam/role:Role permissions-scheduler",
      "aws:iam/role:Role permissions-serving",
      "aws:iam/role:Role permissions-training",
      "aws:iam/rolePolicy:RolePolicy permissions-evaluation-policy",
      "aws:iam/rolePolicy:RolePolicy permissions-monitoring-policy",
      "aws:iam/rolePolicy:RolePolicy permissions-pipeline-policy",
      "aws:iam/rolePolicy:RolePolicy permissions-processing-policy",
      "aws:iam/rolePolicy:RolePolicy permissions-scheduler-policy",
      "aws:iam/rolePolicy:RolePolicy permissions-serving-policy",
      "aws:iam/rolePolicy:RolePolicy permissions-training-policy",
      "aws:kms/alias:Alias data-key-alias",
      "aws:kms/key:Key data-key",
      "aws:kms/keyPolicy:KeyPolicy data-key-policy",
      "aws:s3/bucket:Bucket data-bucket",
      "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration data-bucket-lifecycle",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-compare",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-compare-processing-job",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-data-report",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-evaluate",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-evaluate-prediction-intervals",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-evaluate-processing-job",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-evaluate-regression-scores",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-evaluate-sample-weights",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-evaluate-segments",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-flow",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-input-rows",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-prediction-intervals",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-preprocess",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-processing-job",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-row-encoding",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-row-splits",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-sample-weights",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-survey",
      "aws:s3/bucketObjectv2:BucketObjectv2 models-text-encoding",
      "aws:s3/bucketOwnershipControls:BucketOwnershipControls data-bucket-ownership",
      "aws:s3/bucketPolicy:BucketPolicy data-bucket-policy",
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock data-bucket-public-access-block",
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration data-bucket-encryption",
      "aws:s3/bucketVersioning:BucketVersioning data-bucket-versioning",
      "aws:sagemaker/modelPackageGroup:ModelPackageGroup models-model-package-group",
      "aws:sagemaker/pipeline:Pipeline models-pipeline",
      "aws:sns/topic:Topic operations-topic",
      "aws:sns/topicPolicy:TopicPolicy operations-topic-policy",
      "docker:index/image:Image decision-tree-image",
      "pulumi:providers:aws aws",
      "pulumi:pulumi:Stack restate-test",
      "restate:index:Approval approval",
      "restate:index:DataBucket data",
      "restate:index:DataLake data",
      "restate:index:DecisionTreeImage decision-tree",
      "restate:index:ModelPipeline models",
      "restate:index:Operations operations",
      "restate:index:Permissions permissions",
    ]);
  });

  it("tags everything through the provider", () => {
    equal(inputs("aws")["region"], "us-east-1");
    deepEqual(JSON.parse(text(inputs("aws")["defaultTags"])), {
      tags: { project: "restate", stack: "test" },
    });
  });

  describe("data", () => {
    it("is a Glue table of nine typed columns with names in lower case, as in Athena", () => {
      const table = inputs("data-table");
      equal(table["databaseName"], "restate_test");
      equal(table["name"], "california_housing");
      equal(at(table, "storageDescriptor", "location"), `s3://${bucket}/data/california_housing/`);
      deepEqual(
        at(table, "storageDescriptor", "columns"),
        [
          ...["longitude", "latitude", "housingmedianage", "totalrooms", "totalbedrooms"],
          ...["population", "households", "medianincome", "medianhousevalue"],
        ].map((name) => ({ name, type: "double" })),
      );
      equal(
        at(table, "storageDescriptor", "serDeInfo", "serializationLibrary"),
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
      );
    });

    it("has a saved query that creates a table from the pipeline's query", () => {
      equal(
        inputs("data-table-query")["query"],
        `CREATE TABLE "restate_test"."california_10" WITH (format = 'PARQUET') AS ` +
          text(inputs("data-query")["query"]),
      );
    });

    it("has the pipeline's query as a saved query", () => {
      const query = inputs("data-query")["query"];
      match(
        text(query),
        /FROM "restate_test"\."california_housing" WHERE "housingmedianage" > 10$/,
      );
      const dataset = at(
        evaluated.definition,
        ...[
          "Steps",
          "DataWranglerProcess",
          "Arguments",
          "ProcessingInputs",
          1,
          "DatasetDefinition",
        ],
      ) as JsonObject;
      equal(at(dataset, "AthenaDatasetDefinition", "QueryString"), query);
      equal(at(dataset, "AthenaDatasetDefinition", "WorkGroup"), inputs("data-workgroup")["name"]);
    });
  });

  describe("the Decision Tree image", () => {
    it("is built for SageMaker's platform, with a tag that the definition names", () => {
      const image = inputs("decision-tree-image");
      match(
        text(image["imageName"]),
        /^111122223333\.dkr\.ecr\.us-east-1\.amazonaws\.com\/restate-test-decision-tree:[0-9a-f]{16}$/,
      );
      deepEqual(image["build"], {
        context: "container",
        dockerfile: "container/Dockerfile",
        platform: "linux/amd64",
        args: {},
      });
      equal(
        at(
          evaluated.definition,
          ...["Steps", "TuneDecisionTree", "Arguments", "TrainingJobDefinition"],
          ...["AlgorithmSpecification", "TrainingImage"],
        ),
        image["imageName"],
      );
    });
  });

  describe("roles", () => {
    const actors = [
      ...["evaluation", "monitoring", "pipeline", "processing", "serving", "training"],
    ];

    it("are assumed by SageMaker, for this account only", () => {
      for (const actor of actors) {
        deepEqual(JSON.parse(text(inputs(`permissions-${actor}`)["assumeRolePolicy"])), {
          Statement: [
            {
              Action: "sts:AssumeRole",
              Condition: { StringEquals: { "aws:SourceAccount": "111122223333" } },
              Effect: "Allow",
              Principal: { Service: "sagemaker.amazonaws.com" },
            },
          ],
          Version: "2012-10-17",
        });
      }
    });

    it("allow no wildcard action, and all resources only if the service supports nothing narrower", () => {
      for (const actor of actors) {
        for (const { Action: actions, Resource: resource, Sid: sid } of statements(
          `permissions-${actor}-policy`,
        )) {
          for (const action of actions as string[]) {
            ok(!action.includes("*"), `${actor}: ${action}`);
          }
          if (resource === "*") {
            ok(
              [
                "EcrLogin",
                "ReadThroughLakeFormation",
                "WatchRollbackAlarms",
                "WriteMetrics",
              ].includes(text(sid)),
              `${actor}: ${text(sid)}`,
            );
          }
        }
      }
    });

    it("let the pipeline pass only its jobs' roles to SageMaker", () => {
      deepEqual(statement("permissions-pipeline-policy", "PassJobRoles"), {
        Action: ["iam:PassRole"],
        Condition: { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
        Effect: "Allow",
        Resource: [
          "arn:aws:iam::111122223333:role/restate-test-processing",
          "arn:aws:iam::111122223333:role/restate-test-training",
          "arn:aws:iam::111122223333:role/restate-test-evaluation",
        ],
        Sid: "PassJobRoles",
      });
    });

    it("are the roles in the definition", () => {
      const args = (step: string, ...path: string[]): Json =>
        at(evaluated.definition, "Steps", step, "Arguments", ...path) as Json;
      equal(
        args("Preprocess", "RoleArn"),
        "arn:aws:iam::111122223333:role/restate-test-processing",
      );
      equal(
        args("TuneXGBoost", "TrainingJobDefinition", "RoleArn"),
        "arn:aws:iam::111122223333:role/restate-test-training",
      );
      equal(
        inputs("models-pipeline")["roleArn"],
        "arn:aws:iam::111122223333:role/restate-test-pipeline",
      );
    });
  });

  it("uploads the definition's sources under keys with their hash", () => {
    const named =
      JSON.stringify(evaluated.definition).match(/s3:\/\/[^"]+\/pipeline\/[^"]+/g) ?? [];
    deepEqual([...new Set(named.map((uri) => uri.split("/").at(-1)))].sort(), [
      "",
      "california_housing.flow",
    ]);
    for (const uri of named) {
      match(uri, /\/pipeline\/[0-9a-f]{16}\/(|california_housing\.flow)$/);
    }
  });

  it("reads a table in another bucket, and nothing else there", async () => {
    const location = "s3://theirs/houses/1990/";
    evaluated = await program({
      network: { mode: "none" },
      dataset: { ...californiaHousing, location, database: "census" },
    });
    equal(at(inputs("data-table"), "storageDescriptor", "location"), location);
    equal(inputs("data-database")["name"], "census");
    const elsewhere = statements("permissions-processing-policy").filter(({ Resource: resource }) =>
      JSON.stringify(resource).includes("theirs"),
    );
    deepEqual(
      elsewhere.map(({ Action: actions, Resource: resource }) => [actions, resource]),
      [
        [["s3:GetBucketLocation", "s3:ListBucket"], "arn:aws:s3:::theirs"],
        [["s3:GetObject"], "arn:aws:s3:::theirs/houses/1990/*"],
      ],
    );
    evaluated = await program({ network: { mode: "none" } });
  });

  it("decrypts an external table with the configured key, only through S3", async () => {
    const kmsKeyArn = "arn:aws:kms:us-east-1:444455556666:key/0a1b2c3d-0000-0000-0000-000000000000";
    evaluated = await program({
      network: { mode: "none" },
      dataset: { ...californiaHousing, location: "s3://theirs/houses/", kmsKeyArn },
    });
    deepEqual(statement("permissions-processing-policy", "DecryptData"), {
      Action: ["kms:Decrypt"],
      Condition: { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } },
      Effect: "Allow",
      Resource: kmsKeyArn,
      Sid: "DecryptData",
    });
    evaluated = await program({ network: { mode: "none" } });
  });

  it("limits every role with the configured boundary", async () => {
    const boundary = "arn:aws:iam::111122223333:policy/limit";
    const { resources } = await program({
      permissionsBoundary: boundary,
      crawler: "on-demand",
      dataset: partitioned,
      deployers: ["repo:team/houses:environment:prod"],
      network: { mode: "create", flowLogs: true },
      tracking: "mlflow",
      mlflowLogging: "outside-network",
    });
    const roles = resources.filter(({ type }) => type === "aws:iam/role:Role");
    equal(roles.length, 12);
    for (const { inputs: role, name } of roles) {
      equal(role["permissionsBoundary"], boundary, name);
    }
  });

  it("lets destroy delete data only if configured", async () => {
    const { resources } = await program({ forceDestroy: true, protect: false });
    const forced = resources.filter(
      ({ inputs: { forceDelete, forceDestroy } }) => forceDelete === true || forceDestroy === true,
    );
    deepEqual(forced.map(({ name }) => name).sort(), [
      "data-bucket",
      "data-workgroup",
      "decision-tree-repository",
    ]);
  });
});
