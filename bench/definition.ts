/**
 * How long rendering and checking a definition takes, and how long it gets, as candidates are added. The
 * baseline is `JSON.stringify` of the finished definition: what no renderer can be faster than.
 */

import { candidatesSchema, defaultCandidates } from "../pipeline/candidates";
import { check } from "../pipeline/check";
import { californiaHousing, datasetSchema } from "../pipeline/dataset";
import { type DefinitionArgs, pipelineDefinition } from "../pipeline/definition";
import { canonicalJson } from "../pipeline/render";

const counts = [2, 10, 100];
const runs = 15;

/** Plain stand-ins for what the account and its resources give. */
function definitionArgs(count: number): DefinitionArgs {
  const bucket = "sagemaker-restate-bench-111122223333";
  const image = (name: string): string => `111122223333.dkr.ecr.us-east-1.amazonaws.com/${name}:1`;
  const role = (name: string): string => `arn:aws:iam::111122223333:role/restate-bench-${name}`;
  return {
    bucket,
    dataset: datasetSchema.parse(californiaHousing),
    candidates: candidatesSchema.parse(
      Array.from({ length: count }, (_, index) => ({
        ...defaultCandidates[index % 2],
        name: `Candidate${index}`,
      })),
    ),
    parameters: {
      processingInstanceType: "ml.m5.4xlarge",
      processingInstanceCount: 1,
      trainingInstanceType: "ml.m5.xlarge",
      modelApprovalStatus: "PendingManualApproval",
      minimumR2: 0,
    },
    flowSource: { database: "db", query: "SELECT 1", queryOutput: `s3://${bucket}/athena/` },
    flowOutputName: "00000000-0000-5000-8000-000000000000.default",
    workGroup: "restate-bench",
    sources: {
      flow: `s3://${bucket}/pipeline/0/table.flow`,
      preprocess: `s3://${bucket}/pipeline/0/preprocess.py`,
      evaluate: `s3://${bucket}/pipeline/0/evaluate.py`,
      compare: `s3://${bucket}/pipeline/0/compare.py`,
    },
    images: {
      dataWrangler: image("sagemaker-data-wrangler-container"),
      scikitLearn: image("sagemaker-scikit-learn"),
      modelMonitor: image("sagemaker-model-monitor-analyzer"),
      algorithms: { "decision-tree": image("decision-tree"), xgboost: image("sagemaker-xgboost") },
    },
    modelPackageGroupName: "restate-bench",
    roles: {
      processing: role("processing"),
      training: role("training"),
      evaluation: role("evaluation"),
    },
    dataQualityBaseline: false,
    security: { kmsKeyArn: "arn:aws:kms:us-east-1:111122223333:key/bench" },
  };
}

/** The median time of several runs of a piece of work, after a first that does not count, in milliseconds. */
function median(work: () => unknown): number {
  work();
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((left, right) => left - right);
  return times[Math.floor(runs / 2)] ?? Number.NaN;
}

console.log(
  "| Candidates | Render, ms | Check, ms | Render / JSON.stringify | Size, KiB | KiB a candidate |",
);
console.log("| ---: | ---: | ---: | ---: | ---: | ---: |");
for (const count of counts) {
  const args = definitionArgs(count);
  const definition = pipelineDefinition(args);
  const render = median(() => canonicalJson(pipelineDefinition(args)));
  const size = canonicalJson(definition).length / 1024;
  const cells = [
    String(count),
    render.toFixed(2),
    median(() => check(definition)).toFixed(2),
    (render / median(() => JSON.stringify(definition))).toFixed(1),
    size.toFixed(1),
    (size / count).toFixed(1),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
