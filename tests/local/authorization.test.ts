import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";

import { Authorization, obedienceOf } from "../../local/execution/authorization";
import type { Properties } from "../../local/execution/execution";
import type { Program } from "../../offline/program";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { defaultCandidates } from "../../pipeline/candidates";
import type { PipelineDefinition, Step } from "../../pipeline/language/definition";
import { evaluate, type Scope } from "../../pipeline/language/evaluate";
import { allSteps } from "../../pipeline/language/graph";
import type { Json } from "../../pipeline/language/json";
import { parseText } from "../../pipeline/language/parse";
import { type Config, draft, program, set } from "../support/definitions";
import { temporaryFolder } from "../support/localRun";
import { without } from "./lostStatement";

/** A stack whose definition has each kind of step. */
const everyKind: Config = {
  candidates: [
    {
      name: "Forest",
      algorithm: {
        image: "222233334444.dkr.ecr.us-east-1.amazonaws.com/team/forest:1.0",
        metrics: { "validation:rmse": "rmse=(.*)", "validation:mse": "mse=(.*)" },
      },
      ranges: { depth: { type: "integer", min: 1, max: 9 } },
    },
    ...defaultCandidates.filter(({ name }) => name === "XGBoost"),
  ],
  dataQualityBaseline: true,
  dataset: {
    ...californiaHousing,
    countExcluded: true,
    location: "s3://houses-of-the-team/california/",
  },
  encryptCatalog: true,
  network: { mode: "create" },
};

const execution = "0123456789ab";
const baseline = `s3://sagemaker-restate-test-111122223333/executions/${execution}/baseline`;

/** Asks the policies about all steps of a definition. Returns why those fail that do, by their names. */
async function denials(
  evaluated: Program,
  definition: PipelineDefinition,
  folder: string,
): Promise<Readonly<Record<string, string>>> {
  const described = new Map<string, Properties>();
  const scope: Scope = {
    parameters: new Map(
      (definition.Parameters ?? []).map(({ DefaultValue: value, Name }) => [Name, value as Json]),
    ),
    execution: new Map([["PipelineExecutionId", execution]]),
    steps: described,
    propertyFile: () => ({ regression_metrics: { r2: { value: 0.8 } } }),
    document: () => ({}),
  };
  const authorization = new Authorization(evaluated, definition, folder);
  const found: Record<string, string> = {};
  for (const { step } of allSteps(definition)) {
    const request =
      step.Type === "Condition" ? {} : (evaluate(step.Arguments, scope) as Properties);
    await authorization
      .check({ described, id: execution, scope }, step, request)
      .catch((error: unknown) => (found[step.Name] = (error as Error).message));
    described.set(step.Name, {
      ...request,
      ProcessingJobName: `job-${step.Name}`,
      CalculatedBaselineConstraints: `${baseline}/constraints.json`,
      CalculatedBaselineStatistics: `${baseline}/statistics.json`,
      ModelName: step.Type === "Model" ? `model-${step.Name}` : request["ModelName"],
      TrainingJobSummaries: [{ TrainingJobName: `trial-of-${step.Name}` }],
    });
  }
  return found;
}

/** A definition with changed values, by their paths from the step's arguments. */
function changed(
  definition: PipelineDefinition,
  step: string,
  ...changes: readonly (readonly [readonly (string | number)[], unknown])[]
): PipelineDefinition {
  const copy = draft(definition);
  for (const [path, value] of changes) {
    set(copy, ["Steps", step, "Arguments", ...path], value);
  }
  return parsed(JSON.stringify(copy));
}

function parsed(document: string): PipelineDefinition {
  const { definition, problems } = parseText(document);
  ok(definition, problems?.join("; "));
  return definition;
}

describe("the stack's policies, for the steps of a definition,", () => {
  const folder = temporaryFolder();
  let evaluated: Program;
  let steps: Map<string, Step>;

  before(async () => {
    evaluated = await program(everyKind);
    steps = new Map(allSteps(evaluated.definition).map(({ step }) => [step.Name, step]));
  });

  it("allow all of the stack's own steps of every type", async () => {
    const types = [...steps.values()].map(({ Type: type }) => type);
    deepEqual([...new Set(types)].sort(), [
      "Condition",
      "Fail",
      "Model",
      "Processing",
      "QualityCheck",
      "RegisterModel",
      "Transform",
      "Tuning",
    ]);
    deepEqual(await denials(evaluated, evaluated.definition, join(folder, "own")), {});
  });

  it("allow all steps of a stack with a table in another catalogue", async () => {
    const source = { catalog: "s3tablescatalog/team-tables", database: "census", table: "houses" };
    const dataset = Object.fromEntries(
      Object.entries(californiaHousing).filter(([key]) => key !== "selectedTable"),
    );
    const inTables = await program({
      dataset: { ...dataset, format: "parquet", source },
      network: { mode: "none" },
    });
    deepEqual(await denials(inTables, inTables.definition, join(folder, "tables")), {});
  });

  const role = (name: string): string =>
    `User: arn:aws:sts::111122223333:assumed-role/restate-test-${name}/SageMaker`;
  const other = "s3://bucket-of-others";
  const otherKey = "arn:aws:kms:us-east-1:111122223333:key/of-others";
  const training = ["TrainingJobDefinition"];
  const s3Output = ["ProcessingOutputConfig", "Outputs", 0, "S3Output", "S3Uri"];
  const athena = ["ProcessingInputs", 1, "DatasetDefinition", "AthenaDatasetDefinition"];
  const cases: readonly (readonly [
    string,
    string,
    readonly (readonly [readonly (string | number)[], unknown])[],
    string,
    string,
    string,
  ])[] = [
    [
      "reads another bucket",
      "Preprocess",
      [[["ProcessingInputs", 0, "S3Input", "S3Uri"], `${other}/code.py`]],
      "processing",
      "s3:ListBucket",
      "arn:aws:s3:::bucket-of-others",
    ],
    [
      "writes to another bucket",
      "Preprocess",
      [[s3Output, `${other}/train`]],
      "processing",
      "s3:PutObject",
      "arn:aws:s3:::bucket-of-others/train/object",
    ],
    [
      "writes elsewhere in the bucket",
      "Preprocess",
      [[s3Output, "s3://sagemaker-restate-test-111122223333/models/x"]],
      "processing",
      "s3:PutObject",
      "arn:aws:s3:::sagemaker-restate-test-111122223333/models/x/object",
    ],
    [
      "has another image",
      "Preprocess",
      [[["AppSpecification", "ImageUri"], "555566667777.dkr.ecr.us-east-1.amazonaws.com/tools:1"]],
      "processing",
      "ecr:BatchCheckLayerAvailability",
      "arn:aws:ecr:us-east-1:555566667777:repository/tools",
    ],
    [
      "queries another table",
      "DataWranglerProcess",
      [[[...athena, "QueryString"], 'SELECT * FROM payroll."Salaries"']],
      "processing",
      "glue:GetTable",
      "arn:aws:glue:us-east-1:111122223333:database/payroll",
    ],
    [
      "counts rows of another table",
      "Preprocess",
      [
        [
          ["ProcessingInputs", 2, "DatasetDefinition", "AthenaDatasetDefinition", "QueryString"],
          "SELECT count(*) AS table_rows FROM payroll.salaries",
        ],
      ],
      "processing",
      "glue:GetTable",
      "arn:aws:glue:us-east-1:111122223333:database/payroll",
    ],
    [
      "queries in another workgroup",
      "DataWranglerProcess",
      [[[...athena, "WorkGroup"], "primary"]],
      "processing",
      "athena:GetQueryExecution",
      "arn:aws:athena:us-east-1:111122223333:workgroup/primary",
    ],
    [
      "encrypts volumes by another key",
      "TuneForest",
      [[[...training, "HyperParameterTuningResourceConfig", "VolumeKmsKeyId"], otherKey]],
      "pipeline",
      "sagemaker:CreateHyperParameterTuningJob",
      "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/0123456789ab-TuneForest",
    ],
    [
      "is outside the network",
      "TuneForest",
      [[[...training, "VpcConfig"], undefined]],
      "pipeline",
      "sagemaker:CreateHyperParameterTuningJob",
      "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/0123456789ab-TuneForest",
    ],
    [
      "keeps checkpoints elsewhere",
      "TuneForest",
      [[[...training, "CheckpointConfig"], { S3Uri: `${other}/checkpoints/` }]],
      "training",
      "s3:ListBucket",
      "arn:aws:s3:::bucket-of-others",
    ],
    [
      "trains on data of others",
      "TuneForest",
      [
        [
          [...training, "InputDataConfig", 0, "DataSource", "S3DataSource", "S3Uri"],
          `${other}/train/`,
        ],
      ],
      "training",
      "s3:ListBucket",
      "arn:aws:s3:::bucket-of-others",
    ],
    [
      "has a role of others",
      "EvaluateXGBoost",
      [[["RoleArn"], "arn:aws:iam::111122223333:role/administrator"]],
      "pipeline",
      "iam:PassRole",
      "arn:aws:iam::111122223333:role/administrator",
    ],
    [
      "writes a baseline elsewhere",
      "DataQualityBaseline",
      [[s3Output, `${other}/baseline`]],
      "evaluation",
      "s3:PutObject",
      "arn:aws:s3:::bucket-of-others/baseline/object",
    ],
    [
      "transforms data of others",
      "TransformForest",
      [[["TransformInput", "DataSource", "S3DataSource", "S3Uri"], `${other}/test/`]],
      "evaluation",
      "s3:ListBucket",
      "arn:aws:s3:::bucket-of-others",
    ],
    [
      "has a model outside the network",
      "CreateModelForest",
      [[["VpcConfig"], undefined]],
      "pipeline",
      "sagemaker:CreateModel",
      "arn:aws:sagemaker:us-east-1:111122223333:model/pipelines-0123456789ab-CreateModelForest",
    ],
    [
      "logs to TensorBoard elsewhere",
      "TuneForest",
      [[[...training, "TensorBoardOutputConfig"], { S3OutputPath: `${other}/logs` }]],
      "training",
      "s3:PutObject",
      "arn:aws:s3:::bucket-of-others/logs/object",
    ],
    [
      "captures a transform's requests elsewhere",
      "TransformForest",
      [[["DataCaptureConfig"], { DestinationS3Uri: `${other}/captured` }]],
      "evaluation",
      "s3:PutObject",
      "arn:aws:s3:::bucket-of-others/captured/object",
    ],
    [
      "transforms with a model of others",
      "TransformForest",
      [[["ModelName"], "model-of-others"]],
      "pipeline",
      "sagemaker:CreateTransformJob",
      "arn:aws:sagemaker:us-east-1:111122223333:transform-job/pipelines-0123456789ab-TransformForest",
    ],
    [
      "has a model whose files lie elsewhere",
      "CreateModelForest",
      [
        [
          ["PrimaryContainer", "ModelDataSource"],
          { S3DataSource: { S3Uri: `${other}/model/`, S3DataType: "S3Prefix" } },
        ],
      ],
      "evaluation",
      "s3:ListBucket",
      "arn:aws:s3:::bucket-of-others",
    ],
    [
      "queries another catalogue",
      "DataWranglerProcess",
      [[[...athena, "Catalog"], "of-others"]],
      "processing",
      "athena:GetDataCatalog",
      "arn:aws:athena:us-east-1:111122223333:datacatalog/of-others",
    ],
    [
      "encrypts outputs by another key",
      "EvaluateXGBoost",
      [[["ProcessingOutputConfig", "KmsKeyId"], otherKey]],
      "pipeline",
      "sagemaker:CreateProcessingJob",
      "arn:aws:sagemaker:us-east-1:111122223333:processing-job/pipelines-0123456789ab-EvaluateXGBoost",
    ],
    [
      "lacks the stack's tag",
      "EvaluateXGBoost",
      [[["Tags"], []]],
      "pipeline",
      "sagemaker:CreateProcessingJob",
      "arn:aws:sagemaker:us-east-1:111122223333:processing-job/pipelines-0123456789ab-EvaluateXGBoost",
    ],
  ];
  for (const [what, step, changes, actor, action, resource] of cases) {
    it(`deny a step that ${what}`, async () => {
      const definition = changed(evaluated.definition, step, ...changes);
      const found = await denials(evaluated, definition, join(folder, "own"));
      // What a model names is read by the transform that runs it.
      const message = found[step] ?? found[step.replace("CreateModel", "Transform")] ?? "allowed";
      const expected = `${role(actor)} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action. The ${actor} role of stack test needs it, which is `;
      equal(message.slice(0, expected.length), expected);
      match(message, /, which is (certain|likely|unproven); source: ./);
    });
  }

  it("deny a registration in another group, or with another status than the stack's", async () => {
    const document = JSON.stringify(evaluated.definition);
    for (const [own, other] of [
      ['"ModelPackageGroupName":"restate-test"', '"ModelPackageGroupName":"of-others"'],
      ['{"Get":"Parameters.ModelApprovalStatus"}', '"Approved"'],
    ] as const) {
      ok(document.includes(own));
      const definition = parsed(document.replaceAll(own, other));
      const { RegisterForest: message = "" } = await denials(
        evaluated,
        definition,
        join(folder, "own"),
      );
      match(
        message,
        /restate-test-pipeline\/SageMaker is not authorized to perform: sagemaker:CreateModelPackage on resource: /,
      );
    }
  });

  it("deny what a role has lost, and cache decisions only while the policies are unchanged", async () => {
    const cache = join(folder, "changing");
    const lost = without(evaluated, "permissions-training-policy", "WriteModels");
    deepEqual(await denials(evaluated, evaluated.definition, cache), {});
    const found = await denials(lost, evaluated.definition, cache);
    deepEqual(Object.keys(found), ["TuneForest", "TuneXGBoost"]);
    match(
      found["TuneXGBoost"] ?? "",
      /s3:PutObject on resource: arn:aws:s3:::sagemaker-restate-test-111122223333\/models\/XGBoost\//,
    );
    deepEqual(await denials(evaluated, evaluated.definition, cache), {});
  });

  it("are not checked for other roles, or if turned off", () => {
    const { definition } = evaluated;
    const foreign = parsed(
      JSON.stringify(definition).replaceAll(":role/restate-test-", ":role/theirs-"),
    );
    equal(obedienceOf(evaluated, definition, true), "checked");
    equal(obedienceOf(evaluated, definition, false), "not checked: turned off");
    equal(obedienceOf(evaluated, foreign, true), "not checked: roles of others");
    const bare = { Version: "2020-12-01", Steps: [] };
    equal(obedienceOf(evaluated, bare, true), "checked");
    const other = "arn:aws:iam::111122223333:role/team";
    equal(obedienceOf(evaluated, bare, true, other), "not checked: roles of others");
    equal(obedienceOf(evaluated, definition, true, other), "checked");
  });
});
