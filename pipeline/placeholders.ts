import type { ChampionRule } from "./championRule";
import type { ConfiguredArgs, DefinitionArgs } from "./definitionArgs";
import { dataWranglerFlow } from "./flow";
import { flowSource } from "./query";
import { usesMlflow } from "./tracking";

/** The arguments of a definition that are known without an account. */
type KnownArgs = Pick<DefinitionArgs, keyof ConfiguredArgs | "region" | "tracking"> & {
  readonly champion?: ChampionRule | undefined;
};

/**
 * Fills in an account's values with placeholders of the same form and length, to check a configuration before anything is
 * created, and for benchmarks.
 */
export function withPlaceholders(known: KnownArgs): DefinitionArgs {
  const account = "111122223333";
  const bucket = `sagemaker-restate-placeholder-${account}`;
  const source = (file: string): string => `s3://${bucket}/pipeline/0123456789abcdef/${file}`;
  const image = (repository: string): string =>
    `${account}.dkr.ecr.us-east-1.amazonaws.com/${repository}:0123456789abcdef`;
  const role = (name: string): string => `arn:aws:iam::${account}:role/restate-placeholder-${name}`;
  const queries = flowSource(known.dataset, "restate_placeholder", `s3://${bucket}/athena/`);
  return {
    ...known,
    champion: known.champion && { ...known.champion, source: source("") },
    bucket,
    flowSource: queries,
    flowOutputName: dataWranglerFlow(known.dataset, queries).outputName,
    workGroup: "restate-placeholder",
    sources: {
      flow: source(`${known.dataset.table}.flow`),
      preprocess: source(""),
      evaluate: source(""),
      compare: source(""),
    },
    images: {
      dataWrangler: image("sagemaker-data-wrangler-container"),
      scikitLearn: image("sagemaker-scikit-learn"),
      modelMonitor: image("sagemaker-model-monitor-analyzer"),
      algorithms: {
        "decision-tree": image("restate-placeholder-decision-tree"),
        xgboost: image("sagemaker-xgboost"),
      },
    },
    modelPackageGroupName: "restate-placeholder",
    mlflow: usesMlflow(known.tracking ?? "experiments")
      ? {
          MlflowResourceArn: `arn:aws:sagemaker:us-east-1:${account}:mlflow-app/app-0123456789AB`,
          MlflowExperimentName: "restate-placeholder",
        }
      : undefined,
    roles: {
      processing: role("processing"),
      training: role("training"),
      evaluation: role("evaluation"),
    },
    context: {
      tags: { project: "restate", stack: "placeholder" },
      kmsKeyArn: `arn:aws:kms:us-east-1:${account}:key/00000000-0000-0000-0000-000000000000`,
      vpc: {
        subnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        securityGroupIds: ["sg-0123456789abcdef0"],
      },
    },
  };
}
