import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { spawnSync } from "node:child_process";

import { pythonInterpreter } from "../../local/environments/python";
import type { JsonObject } from "../../pipeline/language/json";
import type { Program } from "../../offline/program";
import { at, type Config, program } from "../support/definitions";
import { type IamRequest, isAllowed } from "../support/iam";
import { text } from "../support/json";
import { AwsServices, driftReferenceUri } from "./support/awsServices";
import { mainExports, serve, type Served } from "./support/serving";

const drift = (change: JsonObject = {}): Config => ({
  capturePercentage: 100,
  monitoring: { mode: "drift", ...change },
});
const folder = "s3://sagemaker-restate-dev-444455556666/endpoints/restate-dev-model";

describe("serving with drift detection", () => {
  const aws = new AwsServices();
  let served: Served;

  before(async () => {
    await aws.start();
    aws.models = [{ version: 3, approval: "Approved" }];
    served = await serve(drift({ retrain: true, ignoredFeatures: ["sold_day", "area"] }));
  });
  after(() => {
    aws.stop();
  });

  const inputs = (name: string, from = served): JsonObject => {
    const found = from.resources.find((resource) => resource.name === name);
    ok(found, `no resource ${name}`);
    return found.inputs;
  };
  const jobOf = (from = served): unknown =>
    JSON.parse(text(at(inputs("drift-schedule", from), "target", "input") as never));
  const argument = (job: unknown, name: string): unknown => {
    const words = at(job, "AppSpecification", "ContainerArguments") as readonly string[];
    return words[words.indexOf(`--${name}`) + 1];
  };

  it("lets the scheduler create one job a day, with the main stack's key, network and tag", () => {
    const { target, ...schedule } = inputs("drift-schedule");
    deepEqual(schedule, {
      name: "restate-dev-model-drift",
      description: "Looks for drift in the requests of restate-dev-model",
      scheduleExpression: "cron(30 0 * * ? *)",
      flexibleTimeWindow: { mode: "OFF" },
    });
    deepEqual(
      { ...(target as JsonObject), input: undefined },
      {
        arn: "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob",
        roleArn: mainExports.schedulerRoleArn,
        input: undefined,
        retryPolicy: { maximumEventAgeInSeconds: 1800, maximumRetryAttempts: 3 },
      },
    );
    const { AppSpecification: application, ProcessingInputs: code, ...job } = jobOf() as JsonObject;
    deepEqual(job, {
      ProcessingJobName: "restate-dev-model-drift-<aws.scheduler.execution-id>",
      RoleArn: mainExports.monitoringRoleArn,
      ProcessingResources: {
        ClusterConfig: {
          InstanceCount: 1,
          InstanceType: "ml.m5.large",
          VolumeSizeInGB: 10,
          VolumeKmsKeyId: mainExports.kmsKeyArn,
        },
      },
      NetworkConfig: {
        EnableInterContainerTrafficEncryption: true,
        EnableNetworkIsolation: false,
        VpcConfig: { Subnets: ["subnet-1", "subnet-2"], SecurityGroupIds: ["sg-1"] },
      },
      StoppingCondition: { MaxRuntimeInSeconds: 3300 },
      Tags: [
        { Key: "project", Value: "restate-serving" },
        { Key: "stack", Value: "dev" },
      ],
    });
    deepEqual(at(application, "ContainerEntrypoint"), [
      "python3",
      "/opt/ml/processing/code/drift.py",
    ]);
    equal(
      at(application, "ImageUri"),
      "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0",
    );
    match(
      String(at(code, 0, "S3Input", "S3Uri")),
      /^s3:\/\/sagemaker-restate-dev-444455556666\/endpoints\/restate-dev-model\/code\/[0-9a-f]+\/$/,
    );
  });

  it("uploads the job's scripts and their imports", () => {
    const uri = String(at(jobOf(), "ProcessingInputs", 0, "S3Input", "S3Uri"));
    const objects = served.resources.filter(
      ({ type }) => type === "aws:s3/bucketObjectv2:BucketObjectv2",
    );
    deepEqual(
      objects.map(({ inputs: { bucket, key } }) => `s3://${text(bucket)}/${text(key)}`).sort(),
      ["drift", "drift_cells", "drift_requests", "drift_tests", "processing_job", "s3_objects"].map(
        (name) => `${uri}${name}.py`,
      ),
    );
  });

  it("passes the script the arguments that it accepts", () => {
    const words = at(jobOf(), "AppSpecification", "ContainerArguments") as readonly string[];
    const known = words.map((word) =>
      word.replace("<aws.scheduler.scheduled-time>", "2026-11-26T00:30:00Z"),
    );
    const script = "import sys, drift; print({**vars(drift.parse(sys.argv[1:])), 'message': None})";
    const { stderr, stdout } = spawnSync(pythonInterpreter(), ["-c", script, ...known], {
      cwd: `${__dirname}/../../pipeline/scripts`,
      encoding: "utf8",
    });
    equal(stderr, "");
    equal(
      stdout.trim(),
      "{'message': None, 'region': 'us-east-1', 'endpoint': 'restate-dev-model', " +
        "'model': 'arn:aws:sagemaker:us-east-1:444455556666:model-package/restate-dev/3', " +
        `'reference': '${driftReferenceUri}', ` +
        `'captured': '${folder}/capture/v3/restate-dev-model/model', ` +
        `'labels': '${folder}/labels', 'reports': '${folder}/drift/v3', ` +
        "'until': datetime.datetime(2026, 11, 26, 0, 30, tzinfo=datetime.timezone.utc), 'hours': 24, 'long': 7, " +
        "'label_days': 7, 'false_alarms': 0.01, 'shift': 0.1, 'unusual': 0.02, 'ignored': ['sold_day,area']}",
    );
  });

  it("requests a job that is valid by botocore's service model, once the scheduler has filled it in", () => {
    const script = [
      "import json, sys, botocore.session, botocore.validate",
      "model = botocore.session.get_session().get_service_model('sagemaker')",
      "shape = model.operation_model('CreateProcessingJob').input_shape",
      "print(botocore.validate.ParamValidator().validate(json.load(sys.stdin), shape).generate_report())",
    ].join("; ");
    const job = JSON.stringify(jobOf())
      .replace("<aws.scheduler.execution-id>", "d32c5kddcf5bb8c3")
      .replace("<aws.scheduler.scheduled-time>", "2026-11-26T00:30:00Z");
    const check = (input: string): string => {
      const { stderr, stdout } = spawnSync(pythonInterpreter(), ["-c", script], {
        input,
        encoding: "utf8",
      });
      equal(stderr, "");
      return stdout.trim();
    };
    equal(check(job), "");
    match(check(job.replace("S3Uri", "S3URI")), /Unknown parameter.*"S3URI"/);
    ok(
      (at(jobOf(), "AppSpecification", "ContainerArguments") as readonly string[]).every(
        (word) => word.length <= 256,
      ),
    );
  });

  it("separates the captured requests of each model version", () => {
    equal(served.outputs.captureUri, `${folder}/capture/v3`);
    equal(
      at(inputs("endpoint-configuration"), "dataCaptureConfig", "destinationS3Uri"),
      `${folder}/capture/v3`,
    );
    equal(served.outputs.monitoringScheduleName, "restate-dev-model-drift");
  });

  it("notifies about drift and failed jobs, and starts the pipeline on drift", () => {
    const { alarmDescription, ...alarm } = inputs("drift-alarm");
    ok(alarmDescription);
    deepEqual(alarm, {
      name: "restate-dev-model-drift",
      namespace: "restate/Drift",
      metricName: "Findings",
      dimensions: { Endpoint: "restate-dev-model" },
      statistic: "Maximum",
      period: 86400,
      evaluationPeriods: 1,
      threshold: 1,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      treatMissingData: "notBreaching",
      alarmActions: [mainExports.topicArn],
    });
    deepEqual(JSON.parse(text(inputs("drift-failed")["eventPattern"])), {
      source: ["aws.sagemaker"],
      "detail-type": ["SageMaker Processing Job State Change"],
      detail: {
        ProcessingJobName: [{ prefix: "restate-dev-model-drift-" }],
        ProcessingJobStatus: ["Failed"],
      },
    });
    equal(inputs("drift-failed-target")["arn"], mainExports.topicArn);
    deepEqual(at(JSON.parse(text(inputs("drift-start")["eventPattern"])), "detail"), {
      alarmName: ["restate-dev-model-drift"],
      state: { value: ["ALARM"] },
    });
    equal(inputs("drift-start-target")["arn"], mainExports.pipelineArn);
  });

  it("starts nothing unless configured, and compares hours if configured", async () => {
    const hourly = await serve(
      drift({ schedule: "hourly", minShift: 0.2, falseAlarmRate: 0.05, labelDays: 30 }),
      { ...mainExports, subnetIds: [], securityGroupIds: [] },
    );
    equal(
      hourly.resources.some(({ name }) => name.startsWith("drift-start")),
      false,
    );
    equal(inputs("drift-schedule", hourly)["scheduleExpression"], "cron(30 * * * ? *)");
    equal(inputs("drift-alarm", hourly)["period"], 3600);
    const job = jobOf(hourly);
    deepEqual(
      ["hours", "long", "shift", "false-alarms", "label-days"].map((name) => argument(job, name)),
      ["1", "24", "0.2", "0.05", "30"],
    );
    equal(at(job, "NetworkConfig", "VpcConfig"), undefined);
  });

  it("refuses a model without a reference, with one that the job may not read, or for raw rows", async () => {
    aws.models = [{ version: 4, approval: "Approved", driftReference: null }];
    await rejects(serve(drift()), {
      message:
        /restate-serving:monitoring: the model .*\/4 has no drift reference: set restate:driftReference/,
    });
    aws.models = [
      { version: 5, approval: "Approved", driftReference: "s3://other/reference.json" },
    ];
    await rejects(serve(drift()), {
      message:
        /the reference of the model .*\/5, s3:\/\/other\/reference\.json, is not in the main/,
    });
    aws.models = [{ version: 6, approval: "Approved", takesOwnRows: true }];
    await rejects(serve(drift()), {
      message:
        /restate-serving:monitoring: the model .*\/6 accepts the table's own rows \(dataset\.servedRows: raw\).*: mode must be none/,
    });
    aws.models = [{ version: 3, approval: "Approved" }];
  });

  it("composes valid names of jobs, however long their parts", async () => {
    const exported = { ...mainExports, pipelineName: `restate-${"a".repeat(20)}` };
    const long = await serve({ ...drift(), endpointName: "california" }, exported);
    const name = text(at(jobOf(long), "ProcessingJobName") as never);
    // An execution id is of 16 letters and digits in EventBridge Scheduler's guide.
    equal(name.replace("<aws.scheduler.execution-id>", "d32c5kddcf5bb8c3").length, 62);
  });

  for (const [what, config, line] of [
    ["SageMaker's own network", { ...drift(), network: "none" }, /network: must be main-stack if/],
    [
      "instances with disks of their own",
      drift({ instanceType: "ml.m5d.large" }),
      /monitoring\.instanceType: .*such as ml\.m5\.large/,
    ],
    [
      "a rate of nothing",
      drift({ falseAlarmRate: 0 }),
      /monitoring\.falseAlarmRate: must be more than 0/,
    ],
    [
      "requests that are not kept",
      { ...drift(), capturePercentage: 0 },
      /capturePercentage: must be more than 0 if monitoring is drift/,
    ],
  ] as readonly (readonly [string, Config, RegExp])[]) {
    it(`refuses ${what} by its key`, async () => {
      await rejects(serve(config), { message: line });
    });
  }

  describe("the jobs, by an IAM simulator for the main stack's roles,", () => {
    const accountId = "111122223333";
    const arn = (service: string, path: string): string =>
      `arn:aws:${service}:us-east-1:${accountId}:${path}`;
    let main: Program;
    let request: IamRequest;

    before(async () => {
      main = await program({ network: { mode: "create" }, driftReference: true }, "dev");
      const { definition } = main;
      const vpc = at(definition, "Steps", "Preprocess", "Arguments", "NetworkConfig", "VpcConfig");
      const key = at(
        definition,
        ...["Steps", "Preprocess", "Arguments", "ProcessingOutputConfig", "KmsKeyId"],
      );
      const own = await serve(drift(), {
        ...mainExports,
        kmsKeyArn: key,
        subnetIds: at(vpc, "Subnets"),
        securityGroupIds: at(vpc, "SecurityGroupIds"),
      });
      const job = jobOf(own);
      const tags = at(job, "Tags") as readonly { readonly Key: string; readonly Value: string }[];
      request = {
        action: "sagemaker:CreateProcessingJob",
        resource: arn("sagemaker", "processing-job/restate-dev-model-drift-d32c5kddcf5bb8c3"),
        context: {
          ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
          "sagemaker:InterContainerTrafficEncryption": "true",
          "sagemaker:VolumeKmsKeyArn": text(
            at(job, "ProcessingResources", "ClusterConfig", "VolumeKmsKeyId") as never,
          ),
          "sagemaker:VpcSubnets": at(job, "NetworkConfig", "VpcConfig", "Subnets") as string[],
          "sagemaker:VpcSecurityGroupIds": at(
            job,
            ...["NetworkConfig", "VpcConfig", "SecurityGroupIds"],
          ) as string[],
        },
      };
    });

    const decisions = (requests: readonly IamRequest[]): Promise<readonly boolean[]> =>
      Promise.all(requests.map((one) => isAllowed(main, "scheduler", one)));
    const without = (key: string): IamRequest => ({
      ...request,
      context: Object.fromEntries(
        Object.entries(request.context ?? {}).filter(([name]) => name !== key),
      ),
    });
    const passing = (role: string, service = "sagemaker.amazonaws.com"): IamRequest => ({
      action: "iam:PassRole",
      resource: `arn:aws:iam::${accountId}:role/restate-dev-${role}`,
      context: { "iam:PassedToService": service },
    });

    it("may be created by the scheduler, with the monitoring role and the stack's tag", async () => {
      const tagging = { ...request, action: "sagemaker:AddTags" };
      deepEqual(
        await decisions([
          request,
          {
            ...tagging,
            context: { ...request.context, "sagemaker:TaggingAction": "CreateProcessingJob" },
          },
          passing("monitoring"),
        ]),
        [true, true, true],
      );
    });

    it("may not be created without key, network, encryption or tag, under another name, or with another role", async () => {
      const denied = [
        ...Object.keys(request.context ?? {})
          .filter((key) => key !== "aws:RequestTag/project")
          .map(without),
        { ...request, resource: arn("sagemaker", "processing-job/pipelines-1-Preprocess-1") },
        { ...request, resource: arn("sagemaker", "processing-job/restate-devs-model-drift-1") },
        { ...request, action: "sagemaker:AddTags" },
        passing("processing"),
        passing("pipeline"),
        passing("monitoring", "lambda.amazonaws.com"),
      ];
      deepEqual(
        await decisions(denied),
        denied.map(() => false),
      );
    });

    it("are within the roles' boundary, and the deployer may create their schedule and no other", async () => {
      const bounded = await program(
        {
          network: { mode: "create" },
          driftReference: true,
          deployers: ["repo:team/houses:environment:dev"],
        },
        "dev",
      );
      equal(await isAllowed(bounded, "scheduler", request), true);
      equal(await isAllowed(bounded, "scheduler", passing("monitoring")), true);
      const schedule = (name: string): IamRequest => ({
        action: "scheduler:CreateSchedule",
        resource: arn("scheduler", `schedule/default/${name}`),
      });
      const script = (key: string): IamRequest => ({
        action: "s3:PutObject",
        resource: `arn:aws:s3:::sagemaker-restate-dev-${accountId}/endpoints/${key}`,
      });
      for (const [one, allowed] of [
        [schedule("restate-dev-model-drift"), true],
        [schedule("restate-prod-model-drift"), false],
        [script("restate-dev-model/code/0123/drift.py"), true],
        [script("restate-dev-model/drift/v3/2026-11-26T00.json"), false],
        [
          {
            action: "events:PutRule",
            resource: arn("events", "rule/restate-dev-model-drift-failed"),
          },
          true,
        ],
        [request, false],
      ] as const) {
        equal(await isAllowed(bounded, "deployer", one), allowed, JSON.stringify(one));
      }
    });

    it("may not be created at all if models have no reference", async () => {
      const plain = await program({ network: { mode: "create" } }, "dev");
      equal(await isAllowed(plain, "scheduler", request), false);
      equal(await isAllowed(plain, "scheduler", passing("monitoring")), false);
    });

    it("may only read what they compare, and write their report", async () => {
      const object = (action: string, uri: string): IamRequest => ({
        action: `s3:${action}`,
        resource: `arn:aws:s3:::${uri.replace("s3://", "")}`.replace("444455556666", accountId),
        endpoint: "network-s3",
      });
      const may = [
        object("GetObject", `${served.outputs.captureUri}/restate-dev-model/model/2026/11/25/00/a`),
        object("GetObject", `${folder}/labels/2026/11/25/00/a.jsonl`),
        object("GetObject", `${folder}/code/0123/drift.py`),
        object("GetObject", driftReferenceUri),
        object("PutObject", `${folder}/drift/v3/2026-11-26T00.json`),
        object("ListBucket", "s3://sagemaker-restate-dev-444455556666"),
      ];
      for (const one of may) {
        equal(await isAllowed(main, "monitoring", one), true, JSON.stringify(one));
      }
      for (const one of [
        object("PutObject", driftReferenceUri),
        object("DeleteObject", `${folder}/drift/v3/2026-11-26T00.json`),
        object("GetObject", "s3://sagemaker-restate-dev-444455556666/data/california_housing/a"),
      ]) {
        equal(await isAllowed(main, "monitoring", one), false, JSON.stringify(one));
      }
    });
  });
});
