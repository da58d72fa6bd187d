/**
 * The form of a definition, as tables. Arguments that are requests have shapes of the service model (requests.json, written
 * by tools/service_models.py).
 */

import type { StepType } from "./definition";
import { opaqueTypes } from "./definition";
import requests from "./requests.json";
import type { Shape } from "./shapes";

/** A kind of step with a request. */
interface RequestKind {
  /** Shape of the request. */
  readonly request: string;
  /** The member with the name of the created resource, which is optional. */
  readonly name: string;
  /** Shapes of the responses with the properties of the step. */
  readonly properties: readonly string[];
}

const requestKinds: Readonly<Record<string, RequestKind>> = requests.kinds;
const requestShapes = requests.shapes as Readonly<Record<string, Shape>>;

/** A structure, by the shapes of its members; those of required ones end with an exclamation mark. */
function structure(shapesOfMembers: Readonly<Record<string, string>>): Shape {
  const all = Object.entries(shapesOfMembers);
  return {
    type: "structure",
    members: Object.fromEntries(all.map(([name, shape]) => [name, shape.replace(/!$/, "")])),
    required: all.filter(([, shape]) => shape.endsWith("!")).map(([name]) => name),
  };
}

const list = (member: string, min?: number): Shape => ({
  type: "list",
  member,
  ...(min === undefined ? {} : { min }),
});

const common = {
  Name: "StepName",
  Type: "LiteralString",
  DisplayName: "StepDisplayName",
  Description: "StepDescription",
  DependsOn: "Dependencies",
};
const retried = { RetryPolicies: "RetryPolicies" };
const cached = { CacheConfig: "CacheConfig" };
const job = { ...common, ...retried, ...cached };
const baseline = {
  ...job,
  Arguments: "Processing arguments!",
  CheckType: "LiteralString!",
  ModelPackageGroupName: "StringValue",
  SkipCheck: "BooleanValue",
  FailOnViolation: "BooleanValue",
  RegisterNewBaseline: "BooleanValue",
  SuppliedBaselineConstraints: "StringValue",
};
const called = { ...common, ...cached, OutputParameters: "OutputParameters", Arguments: "Values" };

/** The members of each kind of step. */
const steps: Readonly<Record<Exclude<StepType, (typeof opaqueTypes)[number]>, Shape>> = {
  Callback: structure({ ...called, SqsQueueUrl: "LiteralString!" }),
  ClarifyCheck: structure({ ...baseline, ModelName: "StringValue" }),
  Condition: structure({ ...common, Arguments: "Condition arguments!" }),
  Fail: structure({ ...common, Arguments: "Fail arguments!" }),
  Lambda: structure({ ...called, FunctionArn: "LiteralString!" }),
  Model: structure({ ...common, ...retried, Arguments: "Model arguments!" }),
  Processing: structure({
    ...job,
    PropertyFiles: "PropertyFiles",
    Arguments: "Processing arguments!",
  }),
  QualityCheck: structure({ ...baseline, SuppliedBaselineStatistics: "StringValue" }),
  RegisterModel: structure({ ...common, ...retried, Arguments: "RegisterModel arguments!" }),
  Training: structure({ ...job, Arguments: "Training arguments!" }),
  Transform: structure({ ...job, Arguments: "Transform arguments!" }),
  Tuning: structure({ ...job, Arguments: "Tuning arguments!" }),
};

/**
 * An ISO 8601 duration, with a group for each unit from years to seconds. Durations may omit the P, as in "30d" and "T16m" of
 * the guide's "Turn on step caching".
 */
export const durationPattern =
  "[Pp]?(?=.*\\d)(?:(\\d+)[Yy])?(?:(\\d+)[Mm])?(?:(\\d+)[Ww])?(?:(\\d+)[Dd])?" +
  "(?:[Tt](?=\\d)(?:(\\d+)[Hh])?(?:(\\d+)[Mm])?(?:(\\d+)[Ss])?)?";

const conditionKinds: Readonly<Record<string, Shape>> = {
  ...Object.fromEntries(
    ["Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo"].map(
      (type): [string, Shape] => [
        type,
        structure({ Type: "LiteralString", LeftValue: "Operand!", RightValue: "Operand!" }),
      ],
    ),
  ),
  In: structure({ Type: "LiteralString", QueryValue: "Operand!", Values: "Operands!" }),
  Not: structure({ Type: "LiteralString", Condition: "Condition!" }),
  Or: structure({ Type: "LiteralString", Conditions: "Conditions!" }),
};

const parameterKinds: Readonly<Record<string, Shape>> = Object.fromEntries(
  ["Boolean", "Float", "Integer", "String"].map((type): [string, Shape] => [
    type,
    structure({
      Name: "LiteralString",
      Type: "LiteralString",
      Description: "LiteralString",
      DefaultValue: `Literal${type}`,
      ...(type === "String" ? { EnumValues: "LiteralStrings" } : {}),
    }),
  ]),
);

/** Shapes by kind, with their own names. */
function named(kind: string, shapes: Readonly<Record<string, Shape>>): [string, Shape][] {
  return Object.entries(shapes).map(([type, shape]) => [`${type} ${kind}`, shape]);
}

function choice(
  kind: string,
  types: readonly string[],
  more: Pick<Shape, "called" | "otherwise"> = {},
): Shape {
  return {
    type: "choice",
    of: Object.fromEntries(types.map((type) => [type, `${type} ${kind}`])),
    ...more,
  };
}

const shapes = new Map<string, Shape>([
  ...Object.entries<Shape>({
    Definition: structure({
      Version: "LiteralString!",
      Metadata: "Values",
      Parameters: "Parameters",
      PipelineExperimentConfig: "PipelineExperimentConfig",
      MlflowConfig: "PipelineMlflowConfig",
      Steps: "Steps!",
    }),
    Parameters: list("Parameter"),
    Parameter: choice("parameter", Object.keys(parameterKinds), { called: "parameter" }),
    PipelineExperimentConfig: structure({
      ExperimentName: "StringValue!",
      TrialName: "StringValue!",
    }),
    PipelineMlflowConfig: structure({
      MlflowResourceArn: "StringValue!",
      MlflowExperimentName: "StringValue",
    }),
    Steps: list("Step"),
    Step: choice("step", Object.keys(steps), { called: "step", otherwise: "Other step" }),
    "Other step": structure({ ...job, Arguments: "Any" }),
    StepName: { type: "string", literal: true },
    // Source: the shapes of these names in the service model.
    StepDisplayName: { type: "string", literal: true, max: 256 },
    StepDescription: { type: "string", literal: true, max: 3072 },
    Dependencies: list("Dependency"),
    Dependency: { ...structure({ Step: "LiteralString!", Trigger: "Any" }), orString: true },
    // Source: retry.py of the SageMaker Python SDK.
    RetryPolicies: list("RetryPolicy"),
    RetryPolicy: structure({
      ExceptionType: "ExceptionTypes!",
      IntervalSeconds: "NotNegative",
      BackoffRate: "NotNegativeFloat",
      MaxAttempts: "MaxAttempts",
      ExpireAfterMin: "ExpireAfterMin",
    }),
    ExceptionTypes: { ...list("ExceptionType"), orString: true },
    ExceptionType: {
      type: "string",
      literal: true,
      enum: [
        "Step.SERVICE_FAULT",
        "Step.THROTTLING",
        "SageMaker.CAPACITY_ERROR",
        "SageMaker.JOB_INTERNAL_ERROR",
        "SageMaker.RESOURCE_LIMIT",
      ],
    },
    NotNegative: { type: "integer", literal: true, min: 0 },
    NotNegativeFloat: { type: "float", literal: true, min: 0 },
    MaxAttempts: { type: "integer", literal: true, min: 1, max: 20 },
    ExpireAfterMin: { type: "integer", literal: true, min: 0, max: 14400 },
    CacheConfig: structure({ Enabled: "LiteralBoolean!", ExpireAfter: "Duration" }),
    Duration: { type: "string", literal: true, pattern: durationPattern },
    PropertyFiles: list("PropertyFile"),
    PropertyFile: structure({
      PropertyFileName: "LiteralString!",
      OutputName: "LiteralString!",
      FilePath: "NotEmpty!",
    }),
    OutputParameters: list("OutputParameter"),
    OutputParameter: structure({ OutputName: "LiteralString!", OutputType: "OutputType!" }),
    OutputType: {
      type: "string",
      literal: true,
      enum: ["String", "Integer", "Boolean", "Float"],
    },
    Conditions: list("Condition", 1),
    Condition: choice("condition", Object.keys(conditionKinds)),
    "Condition arguments": structure({
      Conditions: "Conditions!",
      IfSteps: "Steps",
      ElseSteps: "Steps",
    }),
    "Fail arguments": structure({ ErrorMessage: "StringValue" }),
    Any: { type: "any" },
    Operand: { type: "scalar" },
    Operands: list("Operand"),
    Values: { type: "map", key: "Any", value: "Any" },
    StringValue: { type: "string" },
    BooleanValue: { type: "boolean" },
    LiteralBoolean: { type: "boolean", literal: true },
    LiteralFloat: { type: "float", literal: true },
    LiteralInteger: { type: "integer", literal: true },
    LiteralString: { type: "string", literal: true },
    LiteralStrings: list("LiteralString"),
    NotEmpty: { type: "string", literal: true, min: 1 },
    // Of expressions.
    Get: { type: "string", literal: true },
    Join: structure({ On: "LiteralString", Values: "JoinedValues!" }),
    JoinedValues: list("JoinedValue"),
    JoinedValue: { type: "scalar" },
    JsonGet: structure({
      PropertyFile: "Reference",
      S3Uri: "StringValue",
      Path: "LiteralString!",
    }),
    Reference: structure({ Get: "Get!" }),
  }),
  ...named("step", steps),
  ...opaqueTypes.map((type): [string, Shape] => [
    `${type} step`,
    structure({ ...job, Arguments: "Any" }),
  ]),
  ...named("condition", conditionKinds),
  ...named("parameter", parameterKinds),
  ...Object.entries(requestKinds).map(([type, { name, request }]): [string, Shape] => {
    const shape = requestShapes[request];
    const required = shape?.required?.filter((member) => member !== name);
    return [`${type} arguments`, { ...shape, type: "structure", required: required ?? [] }];
  }),
]);

/**
 * The shape of a name.
 * @throws Error if it does not exist
 */
export function shapeOf(name: string): Shape {
  const shape = shapes.get(name) ?? requestShapes[name];
  if (shape === undefined) {
    throw new Error(`there is no shape ${name}`);
  }
  return shape;
}

/** The shapes of the responses with the properties of a kind of step; none if unknown. */
export function propertyShapes(type: string): readonly string[] {
  return requestKinds[type]?.properties ?? [];
}

/** Whether a shape belongs to requests, not to the language itself. */
export function isOfRequest(name: string): boolean {
  return !shapes.has(name) || requestKinds[name.replace(/ arguments$/, "")] !== undefined;
}

/** Whether a kind of step is known. */
export function isKnownType(type: string): boolean {
  return shapes.has(`${type} step`);
}
