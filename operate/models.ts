import {
  DescribeModelPackageCommand,
  type ModelApprovalStatus,
  type ModelPackageSummary,
  paginateListModelPackages,
  type SageMakerClient,
  UpdateModelPackageCommand,
} from "@aws-sdk/client-sagemaker";

import { UserError } from "../terminal/errors";
import type { ListedModel } from "../terminal/tables";

/** A version of a model package group. */
export interface DeployedModel extends ListedModel {
  readonly arn: string;
  /** Why it was approved or rejected. */
  readonly approvalDescription?: string;
  /** What the pipeline keeps with it: candidate, image, training job, execution and more. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The versions of a group, the latest last. */
async function versionsOf(
  client: SageMakerClient,
  group: string,
): Promise<readonly ModelPackageSummary[]> {
  const found: ModelPackageSummary[] = [];
  const pages = paginateListModelPackages(
    { client, pageSize: 100 },
    { ModelPackageGroupName: group, SortBy: "CreationTime", SortOrder: "Ascending" },
  );
  for await (const { ModelPackageSummaryList: page = [] } of pages) {
    found.push(...page);
  }
  return found;
}

async function describe(
  client: SageMakerClient,
  group: string,
  summary: ModelPackageSummary,
): Promise<DeployedModel> {
  const answer = await client.send(
    new DescribeModelPackageCommand({ ModelPackageName: summary.ModelPackageArn }),
  );
  const { ApprovalDescription: description, CustomerMetadataProperties: metadata = {} } = answer;
  const r2 = metadata["R2"];
  return {
    group,
    version: answer.ModelPackageVersion ?? 0,
    arn: answer.ModelPackageArn ?? "",
    candidate: metadata["Candidate"] ?? "",
    ...(r2 === undefined || r2 === "" ? {} : { r2: Number(r2) }),
    approvalStatus: answer.ModelApprovalStatus ?? "PendingManualApproval",
    ...(description ? { approvalDescription: description } : {}),
    creationTime: (answer.CreationTime ?? new Date(0)).toISOString(),
    metadata,
  };
}

/**
 * The versions of a model package group, the latest last.
 * @param most how many, of the latest
 */
export async function listModels(
  client: SageMakerClient,
  group: string,
  most = Infinity,
): Promise<readonly DeployedModel[]> {
  const versions = await versionsOf(client, group);
  const models: DeployedModel[] = [];
  const rest = versions.slice(Math.max(0, versions.length - most));
  // A few at a time: the service allows few such calls a second.
  for (let first = 0; first < rest.length; first += 4) {
    const some = rest.slice(first, first + 4);
    models.push(...(await Promise.all(some.map((one) => describe(client, group, one)))));
  }
  return models;
}

/** What {@link setApproval} has changed. */
export interface Approval {
  readonly group: string;
  readonly version: number;
  readonly arn: string;
  readonly approvalStatus: ModelApprovalStatus;
  /** What it was before. */
  readonly before: ModelApprovalStatus;
  readonly approvalDescription?: string;
}

/**
 * Approves or rejects a version of a group.
 *
 * @param version its number, as the user wrote it
 * @param comment why: one line of at most 1024 characters
 * @throws UserError where there is no such version, or the comment is too long
 */
export async function setApproval(
  client: SageMakerClient,
  group: string,
  version: string,
  status: "Approved" | "Rejected",
  comment: string | undefined,
): Promise<Approval> {
  // The service's pattern for it is `.*`.
  if (comment !== undefined && (comment.length > 1024 || comment.includes("\n"))) {
    throw new UserError("--comment: must be one line of at most 1024 characters");
  }
  const versions = await versionsOf(client, group);
  const model = versions.find((one) => String(one.ModelPackageVersion) === version);
  if (model?.ModelPackageArn === undefined || model.ModelPackageVersion === undefined) {
    const known = versions.map((one) => `${one.ModelPackageVersion ?? 0} of ${group}`);
    throw new UserError(
      `there is no model version ${version}; there are ${known.join(", ") || "none"}`,
    );
  }
  await client.send(
    new UpdateModelPackageCommand({
      ModelPackageArn: model.ModelPackageArn,
      ModelApprovalStatus: status,
      ...(comment === undefined ? {} : { ApprovalDescription: comment }),
    }),
  );
  return {
    group,
    version: model.ModelPackageVersion,
    arn: model.ModelPackageArn,
    approvalStatus: status,
    before: model.ModelApprovalStatus ?? "PendingManualApproval",
    ...(comment === undefined ? {} : { approvalDescription: comment }),
  };
}
