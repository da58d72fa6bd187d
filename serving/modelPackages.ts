import {
  DescribeModelPackageCommand,
  type DescribeModelPackageCommandOutput,
  paginateListModelPackages,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import * as pulumi from "@pulumi/pulumi";

import { runError } from "../errors/runError";

/** S3 URIs of documents that describe a model's training data. */
export interface Baseline {
  readonly statistics: string;
  readonly constraints: string;
}

/** An approved version of a model package group. */
export interface ModelPackage {
  readonly arn: string;
  readonly version: number;
  /** How many containers serve it: several are an inference pipeline. */
  readonly containers: number;
  /** Its baseline, if it was registered with one. */
  readonly baseline: Baseline | undefined;
  /** S3 URI of its drift reference, if it was registered with one. */
  readonly driftReference: string | undefined;
  /** Whether it accepts the table's own rows, instead of features. */
  readonly takesOwnRows: boolean;
}

/** The latest approved version of a group that can be served. */
async function latestApproved(client: SageMakerClient, group: string): Promise<string> {
  const pages = paginateListModelPackages(
    { client },
    {
      ModelPackageGroupName: group,
      ModelApprovalStatus: "Approved",
      SortBy: "CreationTime",
      SortOrder: "Descending",
    },
  );
  for await (const { ModelPackageSummaryList: models = [] } of pages) {
    const model = models.find(({ ModelPackageStatus: status }) => status === "Completed");
    if (model?.ModelPackageArn !== undefined) {
      return model.ModelPackageArn;
    }
  }
  throw runError(
    `The model package group ${group} has no approved model yet: approve one first, then deploy again`,
  );
}

/** Throws unless a model may be served. */
function check(
  arn: string,
  group: string,
  { ModelApprovalStatus: status, ModelPackageGroupName: owner }: DescribeModelPackageCommandOutput,
): void {
  if (owner !== group) {
    throw runError(
      `restate-serving:modelPackageArn: ${arn} is not in the main stack's group ${group}`,
    );
  }
  if (status !== "Approved") {
    throw runError(
      `restate-serving:modelPackageArn: ${arn} has the status ${status ?? "none"}: approve it first`,
    );
  }
}

function baselineOf({
  DriftCheckBaselines: baselines,
}: DescribeModelPackageCommandOutput): Baseline | undefined {
  const statistics = baselines?.ModelDataQuality?.Statistics?.S3Uri;
  const constraints = baselines?.ModelDataQuality?.Constraints?.S3Uri;
  return statistics === undefined || constraints === undefined
    ? undefined
    : { statistics, constraints };
}

/**
 * Looks up the model to serve, at each preview and update. Its version is in the names of the model and the
 * endpoint's configuration, so the preview shows when it changes.
 *
 * @param group the model package group
 * @param arn the version to serve; undefined: the latest approved one
 * @throws pulumi.RunError if there is none, it is not approved, or SageMaker cannot be queried
 */
export async function findModelPackage(
  client: SageMakerClient,
  group: string,
  arn: string | undefined,
): Promise<ModelPackage> {
  try {
    const found = arn ?? (await latestApproved(client, group));
    const model = await client.send(new DescribeModelPackageCommand({ ModelPackageName: found }));
    check(found, group, model);
    return {
      arn: found,
      version: model.ModelPackageVersion ?? 0,
      containers: model.InferenceSpecification?.Containers?.length ?? 1,
      baseline: baselineOf(model),
      driftReference: model.CustomerMetadataProperties?.["DriftReference"],
      takesOwnRows: model.CustomerMetadataProperties?.["RowEncoding"] !== undefined,
    };
  } catch (error) {
    if (pulumi.RunError.isInstance(error)) {
      throw error;
    }
    const { message, name } = error as Error;
    throw runError(
      `Cannot look up the models of ${group}: ${name}: ${message}` +
        (name === "CredentialsProviderError"
          ? "; sign in with `aws sso login`, or set aws:profile or AWS_PROFILE"
          : ""),
    );
  }
}
