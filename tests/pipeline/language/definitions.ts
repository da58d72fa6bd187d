import { deepEqual, equal, ok } from "node:assert/strict";

import { canonicalJson } from "../../../pipeline/language/canonicalJson";
import type { PipelineDefinition } from "../../../pipeline/language/definition";
import type { Json } from "../../../pipeline/language/json";
import { parseText } from "../../../pipeline/language/parse";

/** What parses, and is what it was. */
export function parsed(text: string): PipelineDefinition {
  const { definition, problems } = parseText(text);
  deepEqual(problems, undefined);
  ok(definition);
  equal(canonicalJson(definition), canonicalJson(JSON.parse(text)));
  return definition;
}

/** A step of each kind that is typed, with what the service requires. */
export const steps = {
  processing: {
    Name: "Measure",
    Type: "Processing",
    Arguments: {
      AppSpecification: { ImageUri: "111122223333.dkr.ecr.us-east-1.amazonaws.com/measure:1" },
      ProcessingResources: {
        ClusterConfig: { InstanceCount: 1, InstanceType: "ml.m5.large", VolumeSizeInGB: 30 },
      },
      ProcessingOutputConfig: {
        Outputs: [
          {
            OutputName: "report",
            S3Output: {
              S3Uri: "s3://team-bucket/report",
              LocalPath: "/opt/ml/processing/report",
              S3UploadMode: "EndOfJob",
            },
          },
        ],
      },
      RoleArn: "arn:aws:iam::111122223333:role/team",
    },
    PropertyFiles: [{ PropertyFileName: "Report", OutputName: "report", FilePath: "report.json" }],
  },
  lambda: {
    Name: "Notify",
    Type: "Lambda",
    FunctionArn: "arn:aws:lambda:us-east-1:111122223333:function:notify",
    OutputParameters: [{ OutputName: "count", OutputType: "Integer" }],
    Arguments: { anything: { Get: "Steps.Measure.ProcessingJobName" }, deep: [{ a: 1 }] },
  },
} satisfies Readonly<Record<string, Json>>;

/** A definition of steps. */
export function definitionOf(steps: readonly Json[], parameters: readonly Json[] = []): Json {
  return { Version: "2020-12-01", Metadata: {}, Parameters: parameters, Steps: steps };
}

/** A Condition step with a condition and branches. */
export function conditionStep(condition: Json, then: readonly Json[] = []): Json {
  return {
    Name: "Check",
    Type: "Condition",
    Arguments: { Conditions: [condition], IfSteps: then, ElseSteps: [] },
  };
}
