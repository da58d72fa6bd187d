import { deepEqual, equal } from "node:assert/strict";

import type { Program } from "../../offline/program";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { program } from "../support/definitions";
import { anyRole, type IamRequest, isAllowed } from "../support/iam";
import {
  arn,
  bucket,
  call,
  consumer,
  describeRequest,
  everyActor,
  key,
  role,
  s3,
  throughS3,
} from "../support/iamRequests";

describe("policies of resources, by an IAM simulator,", () => {
  let evaluated: Program;

  before(async () => {
    evaluated = await everyActor();
  });

  describe("the bucket", () => {
    const write = (context: Readonly<Record<string, string>>): IamRequest =>
      s3("PutObject", "/models/XGBoost/job/output/model.tar.gz", context);
    const encryption = "s3:x-amz-server-side-encryption";
    const cases: readonly (readonly [string, Readonly<Record<string, string>>, boolean])[] = [
      [
        "its own key by name",
        { [encryption]: "aws:kms", [`${encryption}-aws-kms-key-id`]: key },
        true,
      ],
      ["its own key by default", {}, true],
      ["no encryption by KMS", { [encryption]: "AES256" }, false],
      [
        "another key",
        { [encryption]: "aws:kms", [`${encryption}-aws-kms-key-id`]: arn("kms", "key/other") },
        false,
      ],
      ["a key of the caller's", { [`${encryption}-customer-algorithm`]: "AES256" }, false],
      ["plain HTTP", { "aws:SecureTransport": "false" }, false],
    ];
    for (const [what, context, allowed] of cases) {
      it(`${allowed ? "accepts" : "refuses"} an object with ${what}`, async () => {
        equal(await isAllowed(evaluated, "training", write(context)), allowed);
      });
    }
  });

  describe("the bucket of a stack with its own network", () => {
    const object = `${bucket}/executions/abc/train/train.csv`;
    const outside = (action: string, context: IamRequest["context"] = {}): IamRequest =>
      call(`s3:${action}`, object, context);
    const elsewhere = { "aws:SourceVpce": "vpce-of-another-network" };
    const cases: readonly (readonly [string, string, IamRequest, boolean])[] = [
      [
        "training",
        "through the endpoint",
        s3("GetObject", "/executions/abc/train/train.csv"),
        true,
      ],
      ["training", "from outside", outside("GetObject"), false],
      ["training", "from another network", outside("GetObject", elsewhere), false],
      ["training", "to what is a model", call("s3:PutObject", `${bucket}/models/a/b`), false],
      ["processing", "from outside", outside("PutObject"), false],
      [
        "processing",
        "by way of Athena",
        outside("GetObject", { "aws:ViaAWSService": "true" }),
        true,
      ],
      ["evaluation", "from outside", outside("GetObject"), false],
      ["pipeline", "for JsonGet", outside("GetObject"), true],
      ["deployer", "from its runner", call("s3:PutObject", `${bucket}/pipeline/0/a.py`), true],
      ["serving", "to keep requests", call("s3:PutObject", `${bucket}/endpoints/e/1.jsonl`), true],
      [anyRole, "that config does not name", outside("GetObject"), true],
    ];
    for (const [actor, from, request, allowed] of cases) {
      it(`${allowed ? "admits" : "refuses"} ${actor} ${from}: ${request.action}`, async () => {
        equal(await isAllowed(evaluated, actor, request), allowed);
      });
    }

    it("refuses principals that are not configured, if some are", async () => {
      const held = await program({
        bucketPrincipals: [role("team/*")],
        deployers: ["repo:team/houses:environment:test"],
        modelConsumers: [consumer],
        tracking: "mlflow",
      });
      const may = (actor: string, request: IamRequest): Promise<boolean> =>
        isAllowed(held, actor, request);
      const as = (name: string): IamRequest["context"] => ({ "aws:PrincipalArn": role(name) });
      for (const action of [
        "GetObject",
        "GetObjectVersion",
        "DeleteObjectVersion",
        "PutObjectAcl",
      ]) {
        equal(await may(anyRole, outside(action)), false, action);
      }
      equal(await may(anyRole, { ...outside("GetObject"), endpoint: "network-s3" }), true);
      equal(await may(anyRole, outside("GetObject", as("team/ann"))), true);
      equal(await may(anyRole, outside("GetObject", as("teams"))), false);
      equal(await may("deployer", call("s3:PutObject", `${bucket}/pipeline/0/a.py`)), true);
      equal(await may("pipeline", outside("GetObject")), true);
      equal(await may("tracking", call("s3:PutObject", `${bucket}/mlflow/1/report.html`)), true);
      equal(await may("training", outside("GetObject")), false);
      const model = call("s3:GetObject", `${bucket}/models/XGBoost/job/output/model.tar.gz`);
      equal(await may(anyRole, { ...model, caller: consumer }), true);
      equal(await may(anyRole, model), false);
    });

    it("admits evaluation from outside the network for candidates evaluated by batch transforms", async () => {
      const own = {
        name: "Forest",
        algorithm: {
          image: "222233334444.dkr.ecr.us-east-1.amazonaws.com/team/forest:1.0",
          metrics: { "validation:rmse": "rmse=(.*)", "validation:mse": "mse=(.*)" },
        },
        ranges: { depth: { type: "integer", min: 1, max: 9 } },
      };
      const held = await program({ candidates: [own] });
      equal(await isAllowed(held, "evaluation", outside("GetObject")), true);
      equal(await isAllowed(held, "training", outside("GetObject")), false);
    });

    it("requires no endpoint in SageMaker's own network", async () => {
      const none = await program({ network: { mode: "none" } });
      equal(await isAllowed(none, "training", outside("GetObject")), true);
    });
  });

  describe("the interface endpoints, for a role that may do everything,", () => {
    const requests: readonly (readonly [string, IamRequest])[] = [
      ["athena", call("athena:StartQueryExecution", arn("athena", "workgroup/restate-test"))],
      ["ecr-api", call("ecr:BatchGetImage", arn("ecr", "repository/restate-test-decision-tree"))],
      ["ecr-dkr", call("ecr:BatchGetImage", arn("ecr", "repository/restate-test-decision-tree"))],
      ["glue", call("glue:GetTable", arn("glue", "table/restate_test/california_housing"))],
      ["kms", call("kms:Decrypt", key)],
      [
        "logs",
        call(
          "logs:PutLogEvents",
          arn("logs", "log-group:/aws/sagemaker/TrainingJobs:log-stream:1"),
        ),
      ],
      ["monitoring", call("cloudwatch:PutMetricData", "*")],
      ["sagemaker-api", call("sagemaker:DescribeTrainingJob", arn("sagemaker", "training-job/a"))],
      ["sagemaker-runtime", call("sagemaker:InvokeEndpoint", arn("sagemaker", "endpoint/houses"))],
      ["sts", call("sts:AssumeRole", role("restate-test-training"))],
    ];
    it("are exactly these", () => {
      const names = evaluated.resources
        .filter(({ inputs }) => inputs["vpcEndpointType"] === "Interface")
        .map(({ name }) => name);
      deepEqual(
        names,
        requests.map(([service]) => `network-${service}`),
      );
    });

    for (const [service, request] of requests) {
      const endpoint = `network-${service}`;
      it(`${service} serves this account's principals`, async () => {
        equal(await isAllowed(evaluated, anyRole, { ...request, endpoint }), true);
      });
      it(`${service} serves no other account's`, async () => {
        const foreign = { caller: "999988887777", owner: "999988887777" };
        const resource = request.resource.replace("111122223333", "999988887777");
        const theirs = { ...request, ...foreign, resource };
        equal(await isAllowed(evaluated, anyRole, { ...theirs, endpoint }), false);
        // Without the endpoint it is theirs to allow: so it is the endpoint that refuses.
        equal(await isAllowed(evaluated, anyRole, theirs), true);
      });
    }
  });

  describe("another account that consumes models", () => {
    const theirs = (request: IamRequest): IamRequest => ({
      ...request,
      endpoint: undefined,
      caller: consumer,
    });
    const cases: readonly (readonly [IamRequest, boolean])[] = [
      [s3("GetObject", "/models/XGBoost/job/output/model.tar.gz"), true],
      [call("kms:Decrypt", key, throughS3), true],
      [call("ecr:BatchGetImage", arn("ecr", "repository/restate-test-decision-tree")), true],
      [
        call("sagemaker:DescribeModelPackage", arn("sagemaker", "model-package/restate-test/1")),
        true,
      ],
      [
        call(
          "sagemaker:DescribeModelPackageGroup",
          arn("sagemaker", "model-package-group/restate-test"),
        ),
        true,
      ],
      [s3("PutObject", "/models/XGBoost/job/output/model.tar.gz"), false],
      [s3("GetObject", "/data/california_housing/cal_housing.data"), false],
      [s3("ListBucket", ""), false],
      [call("kms:Decrypt", key), false],
      [call("kms:GenerateDataKey", key, throughS3), false],
      [call("ecr:PutImage", arn("ecr", "repository/restate-test-decision-tree")), false],
      [
        call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1")),
        false,
      ],
      [
        call("sagemaker:DeleteModelPackage", arn("sagemaker", "model-package/restate-test/1")),
        false,
      ],
      [call("sns:Publish", arn("sns", "restate-test")), false],
    ];
    for (const [request, allowed] of cases) {
      it(`${allowed ? "may" : "may not"} ${describeRequest(request)}`, async () => {
        equal(await isAllowed(evaluated, anyRole, theirs(request)), allowed);
      });
    }

    it("may do none of it if another account is configured", async () => {
      for (const [request] of cases) {
        const stranger = { ...theirs(request), caller: "999988887777" };
        equal(await isAllowed(evaluated, anyRole, stranger), false, describeRequest(request));
      }
    });
  });

  describe("the S3 endpoint, for a role that may do everything,", () => {
    const through = (action: string, resource: string, owner?: string): IamRequest => ({
      action,
      resource,
      endpoint: "network-s3",
      ...(owner === undefined ? {} : { owner }),
    });
    const layers = "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/layer";
    const cases: readonly (readonly [IamRequest, boolean])[] = [
      [through("s3:PutObject", `${bucket}/models/XGBoost/job/output/model.tar.gz`), true],
      [through("s3:PutObject", "arn:aws:s3:::another-bucket-of-the-account/stolen.csv"), false],
      [through("s3:GetObject", "arn:aws:s3:::another-bucket-of-the-account/file.csv"), false],
      [
        through("s3:DeleteObject", `${bucket}/executions/a/data-wrangler/j/n/default/_temporary/0`),
        true,
      ],
      [through("s3:DeleteObject", `${bucket}/checkpoints/Forest/1`), true],
      [through("s3:DeleteObject", `${bucket}/data/california_housing/cal_housing.data`), false],
      [through("s3:DeleteObject", `${bucket}/executions/a/train/train.csv`), false],
      [through("s3:DeleteObject", `${bucket}/models/XGBoost/job/output/model.tar.gz`), false],
      [through("s3:DeleteObject", `${bucket}/pipeline/0123456789abcdef/preprocess.py`), false],
      [through("s3:DeleteObjectVersion", `${bucket}/checkpoints/Forest/1`), false],
      [through("s3:PutBucketPolicy", bucket), false],
      [through("s3:GetObject", layers), true],
      [through("s3:PutObject", layers), false],
    ];
    for (const [request, allowed] of cases) {
      it(`${allowed ? "leads" : "does not lead"} to ${request.action} ${request.resource}`, async () => {
        equal(await isAllowed(evaluated, anyRole, request), allowed);
      });
    }

    it("does not lead another account to the bucket, even if the bucket lets it read", async () => {
      const read = s3("GetObject", "/models/XGBoost/job/output/model.tar.gz");
      const theirs = { ...read, caller: consumer };
      equal(await isAllowed(evaluated, anyRole, { ...theirs, endpoint: undefined }), true);
      equal(await isAllowed(evaluated, anyRole, theirs), false);
    });

    it("leads to a configured external table, and to nothing beside it", async () => {
      const elsewhere = await program({
        dataset: { ...californiaHousing, location: "s3://theirs/houses/" },
      });
      const read = (path: string): IamRequest =>
        through("s3:GetObject", `arn:aws:s3:::theirs/${path}`);
      equal(await isAllowed(elsewhere, "processing", read("houses/1.csv")), true);
      equal(await isAllowed(elsewhere, "training", read("houses/1.csv")), false);
      equal(await isAllowed(elsewhere, anyRole, read("salaries/1.csv")), false);
    });
  });
});
