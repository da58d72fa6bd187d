import { statSync } from "node:fs";

import { dataFileProblems } from "../pipeline/dataFiles/check";
import { existing, type ProblemAcrossKeys } from "./reader";
import type { StackSettings } from "./schema";

/** Maximum length of the name of a table: its saved queries' names carry it and the stack's, in 128 characters. */
const maxTableLength = 90;

/** Maximum number of characters of all deployers together: IAM allows 2,048 to the trust policy that lists them. */
const maxDeployersLength = 1600;

/** What is wrong between keys that are each valid. */
export function problemsAcrossKeys(settings: StackSettings): readonly ProblemAcrossKeys[] {
  const { dataFile, dataset } = settings;
  const dataFileProblem = (problem: string): ProblemAcrossKeys => ["dataFile", problem];
  const files = dataFile === undefined ? [] : dataFileProblems(dataFile, dataset, { values: true });
  const keys = existing([
    [
      settings.protect && settings.forceDestroy,
      "forceDestroy",
      "is true, but restate:protect is true too; set one of the two",
    ],
    [
      settings.encryptCatalog && !settings.protect,
      "encryptCatalog",
      "encrypts the account's catalogue with the stack's key, but restate:protect is false: deleting the key " +
        "would lock the catalogue for all who use it; set restate:protect to true",
    ],
    [
      settings.startOnNewData && dataset.location !== undefined,
      "startOnNewData",
      "sees what arrives in the stack's own bucket, but dataset.location names another place; set one of the two",
    ],
    [
      dataFile !== undefined && dataset.location !== undefined,
      "dataFile",
      "is uploaded to the stack's own bucket, but dataset.location names another place; set one of the two",
    ],
    [
      dataFile !== undefined && dataset.partitions.length > 0 && statSync(dataFile).isFile(),
      "dataFile",
      "is one file, but the table has partitions: give a folder that holds their folders, such as key=value",
    ],
    [
      settings.approval === "strict" && settings.modelApprovalStatus === "Approved",
      "modelApprovalStatus",
      "is Approved, but restate:approval is strict: the pipeline would approve its own models; set one of the two",
    ],
    [
      settings.bucketPrincipals.length > 0 && settings.network.mode !== "create",
      "bucketPrincipals",
      "are those who are outside the network that the stack makes, but network.mode is not create",
    ],
    [
      JSON.stringify(settings.deployers).length > maxDeployersLength,
      "deployers",
      `are longer than ${maxDeployersLength} characters in all, which a role cannot list`,
    ],
    [
      dataset.table.length > maxTableLength,
      "dataset",
      `table: has ${dataset.table.length} characters; ${maxTableLength} are allowed, since saved queries carry its name`,
    ],
    [
      settings.crawler !== undefined && dataset.source !== undefined,
      "crawler",
      "adds partitions to a table of the stack's own, but dataset.source names an existing one; set one of the two",
    ],
    [
      settings.crawler !== undefined && dataset.partitions.length === 0,
      "crawler",
      "looks for new partitions, but dataset.partitions has none",
    ],
    [
      settings.crawler !== undefined &&
        dataset.partitions.some(({ projection }) => projection !== undefined),
      "crawler",
      "looks for new partitions, but Athena projects those of dataset.partitions; set one of the two",
    ],
  ]);
  return [...keys, ...files.map(dataFileProblem)];
}
