import type { StackOutputs } from "../../contract/outputs";
import { formatListing } from "../../terminal/listing";
import { modelListing } from "../../terminal/tables";
import { listModels, setApproval } from "../models";
import { sageMaker } from "../sageMaker";

type ModelOutputs = Pick<StackOutputs, "modelPackageGroupName" | "region">;

/** The versions of the stack's model package group as a table, or as JSON. */
export async function models(outputs: ModelOutputs, json: boolean): Promise<string> {
  const found = await listModels(sageMaker(outputs.region), outputs.modelPackageGroupName);
  return formatListing(modelListing(found), json);
}

/** Approves or rejects a version, and says what it was before. */
export async function approve(
  outputs: ModelOutputs,
  version: string,
  status: "Approved" | "Rejected",
  comment: string | undefined,
  json: boolean,
): Promise<string> {
  const { modelPackageGroupName: group, region } = outputs;
  const approval = await setApproval(sageMaker(region), group, version, status, comment);
  return json
    ? JSON.stringify(approval)
    : `version ${approval.version} of ${group}: ${status} (was ${approval.before})`;
}
