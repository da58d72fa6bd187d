import {
  DescribeModelPackageCommand,
  type ModelApprovalStatus,
  type ModelPackageSummary,
  paginateListModelPackages,
  type SageMakerClient,
  UpdateModelPackageCommand,
} from "@aws-sdk/client-sagemaker";

import { UserError } from "../errors/userError";
import type { ListedModel } from "../terminal/tables";
import type { World } from "./world";

/** Max ranges of versions of a group that an error lists. */
const maxRanges = 5;

/** A version of a model package group. */
interface DeployedModel extends ListedModel {
  readonly arn: string;
  /** Why it was approved or rejected. */
  readonly approvalDescription?: string;
  /** What the pipeline stores with it: candidate, image, training job, execution and more. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The model package groups to search.
 * @throws UserError if `--group` names none of them
 */
export async function groupsOf(
  world: World,
  group: string | undefined,
): Promise<readonly string[]> {
  const all = await world.modelPackageGroups();
  if (group === undefined || all.includes(group)) {
    return group === undefined ? all : [group];
  }
  throw new UserError(
    `${world.place} has no model package group ${group}; it has ${all.join(", ") || "none"}`,
  );
}

/** The latest versions of a group, newest last. */
async function versionsOf(
  client: SageMakerClient,
  group: string,
  max: number,
): Promise<readonly ModelPackageSummary[]> {
  const found: ModelPackageSummary[] = [];
  const pages = paginateListModelPackages(
    { client, pageSize: Math.min(max, 100) },
    { ModelPackageGroupName: group, SortBy: "CreationTime", SortOrder: "Descending" },
  );
  for await (const { ModelPackageSummaryList: page = [] } of pages) {
    found.push(...page);
    if (found.length >= max) {
      break;
    }
  }
  return found.slice(0, max).reverse();
}

/** The versions of some groups, oldest first in each; at most the latest `max` of each. */
async function allVersions(
  client: SageMakerClient,
  groups: readonly string[],
  max = Infinity,
): Promise<readonly ModelPackageSummary[]> {
  const found: ModelPackageSummary[] = [];
  for (const group of groups) {
    found.push(...(await versionsOf(client, group, max)));
  }
  return found;
}

function latestFirst(versions: readonly ModelPackageSummary[]): readonly ModelPackageSummary[] {
  const time = ({ CreationTime: created }: ModelPackageSummary): number => created?.getTime() ?? 0;
  return [...versions].sort((left, right) => time(right) - time(left));
}

async function describe(
  client: SageMakerClient,
  summary: ModelPackageSummary,
): Promise<DeployedModel> {
  const answer = await client.send(
    new DescribeModelPackageCommand({ ModelPackageName: summary.ModelPackageArn }),
  );
  const { ApprovalDescription: description, CustomerMetadataProperties: metadata = {} } = answer;
  const r2 = metadata["R2"];
  return {
    group: answer.ModelPackageGroupName ?? "",
    version: answer.ModelPackageVersion ?? 0,
    arn: answer.ModelPackageArn ?? "",
    candidate: metadata["Candidate"] ?? "",
    ...(metadata["Table"] === undefined ? {} : { table: metadata["Table"] }),
    ...(metadata["Target"] === undefined ? {} : { target: metadata["Target"] }),
    ...(r2 === undefined || r2 === "" ? {} : { r2: Number(r2) }),
    approvalStatus: answer.ModelApprovalStatus ?? "PendingManualApproval",
    ...(description ? { approvalDescription: description } : {}),
    creationTime: (answer.CreationTime ?? new Date(0)).toISOString(),
    metadata,
  };
}

/**
 * The versions of some model package groups, the latest of each last.
 * @param max max versions, of the latest
 */
export async function listModels(
  client: SageMakerClient,
  groups: readonly string[],
  max = Infinity,
): Promise<readonly DeployedModel[]> {
  const versions = await allVersions(client, groups, max);
  const kept = new Set(latestFirst(versions).slice(0, max));
  const models: DeployedModel[] = [];
  const rest = versions.filter((one) => kept.has(one));
  // A few at a time, because the service allows few such calls a second.
  for (let first = 0; first < rest.length; first += 4) {
    const some = rest.slice(first, first + 4);
    models.push(...(await Promise.all(some.map((one) => describe(client, one)))));
  }
  return models;
}

/** What {@link setApproval} has changed. */
export interface Approval {
  readonly group: string;
  readonly version: number;
  readonly arn: string;
  readonly approvalStatus: ModelApprovalStatus;
  /** The previous status. */
  readonly before: ModelApprovalStatus;
  readonly approvalDescription?: string;
}

/** Numbers as text, such as "version 3" or "versions 1, 3 to 5"; only the last ranges. */
function versionsText(numbers: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of [...numbers].sort((left, right) => left - right)) {
    const range = ranges.at(-1);
    if (range?.last === number - 1) {
      range.last = number;
    } else {
      ranges.push({ first: number, last: number });
    }
  }
  const texts = ranges
    .slice(-maxRanges)
    .map(({ first, last }) => (first === last ? String(first) : `${first} to ${last}`));
  const more = ranges.length > maxRanges ? "..., " : "";
  return `${numbers.length === 1 ? "version" : "versions"} ${more}${texts.join(", ")}`;
}

/** An error that lists the existing versions. */
function unknownVersion(typed: string, versions: readonly ModelPackageSummary[]): UserError {
  const groups = [...new Set(versions.map((one) => one.ModelPackageGroupName ?? ""))];
  const known = groups.map((group) => {
    const own = versions.filter((one) => one.ModelPackageGroupName === group);
    return `has ${versionsText(own.map((one) => one.ModelPackageVersion ?? 0))}`;
  });
  return new UserError(
    groups.length === 1
      ? `${groups.join()} has no version ${typed}; it ${known.join()}`
      : `there is no version ${typed}; ` +
          (groups.map((group, place) => `${group} ${known[place] ?? ""}`).join(", ") ||
            "no model is registered"),
  );
}

/**
 * Finds a version by its number, and by its group if several groups have it.
 *
 * @param version its number, as the user typed it
 * @throws UserError if there is no such version, or several groups have it
 */
export async function findVersion(
  client: SageMakerClient,
  groups: readonly string[],
  version: string,
): Promise<ModelPackageSummary> {
  const versions = await allVersions(client, groups);
  const found = versions.filter((one) => String(one.ModelPackageVersion) === version);
  const [model] = found;
  if (model === undefined) {
    throw unknownVersion(version, versions);
  }
  if (found.length > 1) {
    const names = found.map((one) => one.ModelPackageGroupName ?? "").join(", ");
    throw new UserError(
      `version ${version} is in several groups; choose one with --group: ${names}`,
    );
  }
  return model;
}

/**
 * The model card of a version, as JSON.
 *
 * @param version its number, as the user typed it
 * @throws UserError if there is no such version, or it has no card
 */
export async function modelCardOf(
  client: SageMakerClient,
  groups: readonly string[],
  version: string,
): Promise<string> {
  const model = await findVersion(client, groups, version);
  const { ModelCard: card } = await client.send(
    new DescribeModelPackageCommand({ ModelPackageName: model.ModelPackageArn }),
  );
  if (card?.ModelCardContent === undefined) {
    throw new UserError(
      `version ${nameOf(model)} has no model card; set \`restate:modelCard\` to create cards for new models`,
    );
  }
  return JSON.stringify(
    { status: card.ModelCardStatus, content: JSON.parse(card.ModelCardContent) as unknown },
    undefined,
    2,
  );
}

/**
 * The latest approved version.
 * @throws UserError if none is approved
 */
export async function latestApproved(
  world: World,
  groups: readonly string[],
): Promise<ModelPackageSummary> {
  const [latest] = latestFirst(await allVersions(world.client, groups)).filter(
    ({ ModelApprovalStatus: status }) => status === "Approved",
  );
  if (latest === undefined) {
    throw new UserError(
      `no model is approved; \`${world.command("approve VERSION")}\` approves one`,
    );
  }
  return latest;
}

/** A version's name in messages. */
function nameOf({
  ModelPackageGroupName: group,
  ModelPackageVersion: version,
}: ModelPackageSummary): string {
  return `${version ?? 0} of ${group ?? ""}`;
}

/**
 * Approves or rejects a version.
 *
 * @param version its number, as the user typed it
 * @param comment why: one line of at most 1024 characters
 * @throws UserError if there is no such version, or the comment is too long
 */
export async function setApproval(
  client: SageMakerClient,
  groups: readonly string[],
  version: string,
  status: "Approved" | "Rejected",
  comment: string | undefined,
): Promise<Approval> {
  // The service's pattern for a comment is `.*`.
  if (comment !== undefined && (comment.length > 1024 || comment.includes("\n"))) {
    throw new UserError("--comment: must be one line of at most 1024 characters");
  }
  const model = await findVersion(client, groups, version);
  await client.send(
    new UpdateModelPackageCommand({
      ModelPackageArn: model.ModelPackageArn,
      ModelApprovalStatus: status,
      ...(comment === undefined ? {} : { ApprovalDescription: comment }),
    }),
  );
  return {
    group: model.ModelPackageGroupName ?? "",
    version: model.ModelPackageVersion ?? 0,
    arn: model.ModelPackageArn ?? "",
    approvalStatus: status,
    before: model.ModelApprovalStatus ?? "PendingManualApproval",
    ...(comment === undefined ? {} : { approvalDescription: comment }),
  };
}
