import { deepEqual, equal } from "node:assert/strict";

import { check } from "../../../pipeline/language/check";
import type { Json, JsonObject } from "../../../pipeline/language/json";
import { conditionStep, definitionOf, steps } from "./definitions";

/** A Processing step with some arguments more. */
function processing(more: Readonly<Record<string, Json>>): JsonObject {
  return { ...steps.processing, Arguments: { ...steps.processing.Arguments, ...more } };
}

/** A Processing step whose program gets one argument. */
function withArgument(argument: Json): Json {
  return processing({
    AppSpecification: { ImageUri: "image", ContainerArguments: [argument] },
  });
}

const parameter = (name: string, type: string): Json => ({ Name: name, Type: type });
const integer = parameter("Count", "Integer");
const fail = (name: string, message: Json): Json => ({
  Name: name,
  Type: "Fail",
  Arguments: { ErrorMessage: message },
});
const jsonGet = (inside: Json): Json => ({ "Std:JsonGet": inside });
const report = { Get: "Steps.Measure.PropertyFiles.Report" };
const argument = 'step "Measure", Arguments.AppSpecification.ContainerArguments[0]';
const aws = (answer: string): string => `(AWS: "${answer}")`;

const exceptions =
  "Step.SERVICE_FAULT, Step.THROTTLING, SageMaker.CAPACITY_ERROR, SageMaker.JOB_INTERNAL_ERROR, SageMaker.RESOURCE_LIMIT";

const cases: readonly (readonly [string, Json, readonly string[]])[] = [
  [
    "hostnames of some containers of an inference pipeline",
    definitionOf([
      {
        Name: "Make",
        Type: "Model",
        Arguments: {
          ExecutionRoleArn: "arn:aws:iam::111122223333:role/jobs",
          Containers: [{ Image: "one", ContainerHostname: "encoder" }, { Image: "other" }],
        },
      },
    ]),
    [
      'step "Make", Arguments.Containers: 1 of 2 containers have a ContainerHostname; give all of them one, or none',
    ],
  ],
  [
    "an Integer parameter where a String is due",
    definitionOf([withArgument({ Get: "Parameters.Count" })], [integer]),
    [
      `${argument}: "Parameters.Count" is of type Integer, but this is of type String; join it to a ` +
        "string (Std:Join), or declare the parameter as a String " +
        aws("Cannot assign property reference [Parameters.Count] to argument of type [String]."),
    ],
  ],
  [
    "no Integer parameter that is joined to a String",
    definitionOf(
      [withArgument({ "Std:Join": { On: "", Values: [{ Get: "Parameters.Count" }] } })],
      [integer],
    ),
    [],
  ],
  [
    "a String parameter where an Integer is due, and a joined one",
    definitionOf(
      [
        processing({
          ProcessingResources: {
            ClusterConfig: {
              InstanceCount: { Get: "Parameters.Count" },
              InstanceType: "ml.m5.large",
              VolumeSizeInGB: { "Std:Join": { On: "", Values: ["3", "0"] } },
            },
          },
        }),
      ],
      [parameter("Count", "String")],
    ),
    [
      'step "Measure", Arguments.ProcessingResources.ClusterConfig.InstanceCount: "Parameters.Count" is of ' +
        "type String, but this is of type Integer " +
        aws("Cannot assign property reference [Parameters.Count] to argument of type [Integer]."),
      'step "Measure", Arguments.ProcessingResources.ClusterConfig.VolumeSizeInGB: a Std:Join is of type ' +
        "String, but this is of type Integer",
    ],
  ],
  [
    "a property of a step that is of another type, and one that there is not",
    definitionOf([
      steps.lambda,
      steps.processing,
      {
        Name: "Later",
        Type: "Processing",
        Arguments: {
          ...steps.processing.Arguments,
          Environment: {
            COUNT: { Get: "Steps.Notify.OutputParameters['count']" },
            SUM: { Get: "Steps.Notify.OutputParameters['sum']" },
            JOB: { Get: "Steps.Measure.ProcessingJobArn" },
            NAME: { Get: "Steps.Measure.ProcessingJobNam" },
            ALL: { Get: "Steps.Measure.ProcessingOutputConfig" },
          },
        },
      },
    ]),
    [
      'step "Later", Arguments.Environment.SUM: step "Notify" has no property "sum"',
      'step "Later", Arguments.Environment.NAME: step "Measure" has no property "ProcessingJobNam"; did you ' +
        "mean ProcessingJobName?",
      'step "Later", Arguments.Environment.ALL: property "ProcessingOutputConfig" of step "Measure" is a ' +
        "structure, not a plain value",
      'step "Later", Arguments.Environment.COUNT: "Steps.Notify.OutputParameters[\'count\']" is of type ' +
        "Integer, but this is of type String; join it to a string (Std:Join), or declare the parameter as a " +
        "String " +
        aws(
          "Cannot assign property reference [Steps.Notify.OutputParameters['count']] to argument of type " +
            "[String].",
        ),
    ],
  ],
  [
    "a misspelt member of a request and of a step",
    definitionOf([{ ...processing({ Enviroment: { A: "b" } }), DependOn: ["A"] }]),
    [
      'step "Measure", Arguments.Enviroment: unknown member; did you mean Environment? ' +
        aws("Unable to parse pipeline definition. Unknown Argument member 'Enviroment'"),
      'step "Measure", DependOn: unknown member; did you mean DependsOn? ' +
        aws(
          "Unable to parse pipeline definition. Cannot parse object, unknown property 'DependOn'.",
        ),
    ],
  ],
  [
    "a value that is none of an enumeration, a length over its limit, and what a request needs",
    definitionOf([
      processing({
        ProcessingInputs: Array.from({ length: 11 }, (_, index) => ({
          InputName: `input-${index}`,
          S3Input: {
            S3Uri: "s3://team-bucket/data",
            S3DataType: "S3Prefix",
            S3InputMode: index === 0 ? "FastFile" : "File",
          },
        })),
        RoleArn: null,
      }),
    ]),
    [
      'step "Measure", Arguments.ProcessingInputs: 11 members; must be at most 10',
      'step "Measure", Arguments.ProcessingInputs[0].S3Input.S3InputMode: "FastFile" is not one of Pipe, ' +
        "File " +
        aws(
          "Unable to parse pipeline definition. Model Validation failed: Value 'FastFile' for " +
            "'ProcessingS3InputMode' failed to satisfy enum value set: [Pipe, File]",
        ),
      'step "Measure", Arguments.RoleArn: missing',
    ],
  ],
  [
    "a comparison without an operand",
    definitionOf([conditionStep({ Type: "Equals", LeftValue: 1 })]),
    ['step "Check", Arguments.Conditions[0].RightValue: missing'],
  ],
  [
    "In with the members of the JSON schema, which the SDK does not write",
    definitionOf([
      conditionStep({ Type: "Not", Condition: { Type: "In", QueryValue: 1, In: [1, 2] } }),
    ]),
    [
      'step "Check", Arguments.Conditions[0].Condition.In: unknown member ' +
        aws("Unable to parse pipeline definition. Cannot parse object, unknown property 'In'."),
      'step "Check", Arguments.Conditions[0].Condition.Values: missing',
    ],
  ],
  [
    "a path of JsonGet that leads to more than one value, and forms that there are not",
    definitionOf([
      steps.processing,
      conditionStep({
        Type: "Equals",
        LeftValue: jsonGet({ PropertyFile: report, Path: "folds[*].mse" }),
        RightValue: jsonGet({ PropertyFile: report, S3Uri: "s3://team-bucket/a", Path: "a" }),
      }),
      fail("Stop", jsonGet({ S3Uri: "s3://team-bucket/report.json", Path: "reason" })),
    ]),
    [
      'step "Check", Arguments.Conditions[0].LeftValue: the Path "folds[*].mse" of a Std:JsonGet is not a ' +
        "path to one value, such as metrics.r2.value, folds[0].mse or metrics['weighted avg'].x",
      'step "Check", Arguments.Conditions[0].RightValue: a Std:JsonGet has either a PropertyFile or an S3Uri',
      'step "Stop", Arguments.ErrorMessage: a Std:JsonGet with an S3Uri stands in conditions only',
    ],
  ],
  [
    "nothing in a path with keys in brackets, nor in a JsonGet from S3",
    definitionOf([
      steps.processing,
      conditionStep({
        Type: "GreaterThan",
        LeftValue: jsonGet({ PropertyFile: report, Path: "metrics['weighted avg'].f1-score" }),
        RightValue: jsonGet({
          S3Uri: { "Std:Join": { On: "/", Values: ["s3://team-bucket", "limits.json"] } },
          Path: "$.limit",
        }),
      }),
    ]),
    [],
  ],
  [
    "nothing in the members of kinds of steps that are not known",
    definitionOf([
      { Name: "Later", Type: "Levitate", Arguments: { A: { Get: "Parameters.A" } } },
      { Name: "Each", Type: "ForEach", Arguments: { Items: { Get: "ForEach.CurrentItem" } } },
    ]),
    ['parameter "A": used, but not declared'],
  ],
  [
    "dependencies with a trigger by their step",
    definitionOf([
      { ...steps.processing, DependsOn: [{ Step: "Gone", Trigger: ["Failed"] }, "Lost"] },
    ]),
    [
      'step "Measure", DependsOn: step "Gone" does not exist',
      'step "Measure", DependsOn: step "Lost" does not exist',
    ],
  ],
  [
    "retries and caching that the service does not take",
    definitionOf([
      {
        ...steps.processing,
        CacheConfig: { ExpireAfter: "P1D" },
        RetryPolicies: [
          { ExceptionType: ["Step.THROTTLING"], MaxAttempts: 21, BackOffRate: 2 },
          { ExceptionType: ["Step.THROTTLED"] },
        ],
      },
    ]),
    [
      'step "Measure", CacheConfig.Enabled: missing',
      'step "Measure", RetryPolicies[0].MaxAttempts: 21; must be at most 20',
      'step "Measure", RetryPolicies[0].BackOffRate: unknown member; did you mean BackoffRate? ' +
        aws(
          "Unable to parse pipeline definition. Cannot parse object, unknown property 'BackOffRate'.",
        ),
      `step "Measure", RetryPolicies[1].ExceptionType[0]: "Step.THROTTLED" is not one of ${exceptions}; ` +
        `did you mean Step.THROTTLING? ` +
        aws(
          "Unable to parse pipeline definition. Model Validation failed: Value 'Step.THROTTLED' for 'ExceptionType' " +
            `failed to satisfy enum value set: [${exceptions}]`,
        ),
    ],
  ],
];

describe("check, for third-party definitions,", () => {
  for (const [what, document, problems] of cases) {
    it(`finds ${what}`, () => {
      deepEqual(check(document, { foreign: true }), problems);
    });
  }

  for (const ExpireAfter of ["", "P", "PT", "30", "-P1D", "P1D2H", "P1.5D", "1H", "a day"]) {
    it(`refuses a duration of ${JSON.stringify(ExpireAfter)}`, () => {
      const step = { ...steps.processing, CacheConfig: { Enabled: true, ExpireAfter } };
      const [problem, ...others] = check(definitionOf([step]), { foreign: true });
      const start = `step "Measure", CacheConfig.ExpireAfter: ${JSON.stringify(ExpireAfter)} does not match`;
      equal(problem?.slice(0, start.length), start);
      deepEqual(others, []);
    });
  }
});
