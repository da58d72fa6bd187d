import { statSync } from "node:fs";

import { dataFileProblems } from "../pipeline/dataFiles/check";
import { usesMlflow } from "../pipeline/tracking";
import { existing, type ProblemAcrossKeys } from "./reader";
import type { StackSettings } from "./schema";

/** Max length of a table's name: the saved queries' names, at most 128 characters, contain it and the stack's. */
const maxTableLength = 90;

/** Max characters of all deployers together: IAM allows the trust policy that lists them 2,048. */
const maxDeployersLength = 1600;

/** Whether the bucket can recognise requests through the network's endpoint. */
const knowsEndpoint = (network: StackSettings["network"]): boolean =>
  network.mode === "create" || (network.mode === "existing" && network.s3EndpointId !== undefined);

/** The problems with combinations of keys that are each valid. */
export function problemsAcrossKeys(settings: StackSettings): readonly ProblemAcrossKeys[] {
  const { candidates, dataFile, dataset } = settings;
  const ownImages = candidates.flatMap(({ algorithm, name }) =>
    typeof algorithm === "string" ? [] : [name],
  );
  const elsewhere = (["location", "source"] as const)
    .filter((key) => dataset[key] !== undefined)
    .map((key) => `dataset.${key}`)[0];
  const dataFileProblem = (problem: string): ProblemAcrossKeys => ["dataFile", problem];
  const files = dataFile === undefined ? [] : dataFileProblems(dataFile, dataset, { values: true });
  const keys = existing([
    [
      settings.protect && settings.forceDestroy,
      "forceDestroy",
      "is true, but restate:protect is also true; set only one of them",
    ],
    [
      settings.encryptCatalog && !settings.protect,
      "encryptCatalog",
      "encrypts the account's catalogue with the stack's key, but restate:protect is false: deleting the key " +
        "would lock the catalogue for everyone; set restate:protect to true, or, to destroy the stack, this key to false " +
        "(docs/deploy.md, Take it down)",
    ],
    [
      settings.startOnNewData && elsewhere !== undefined,
      "startOnNewData",
      `only watches the stack's own bucket, but ${elsewhere} is elsewhere; set only one of them`,
    ],
    [
      dataFile !== undefined && elsewhere !== undefined,
      "dataFile",
      `is uploaded to the stack's own bucket, but ${elsewhere} is elsewhere; set only one of them`,
    ],
    [
      dataFile !== undefined && dataset.partitions.length > 0 && statSync(dataFile).isFile(),
      "dataFile",
      "is a single file, but the table has partitions: use a folder with subfolders such as key=value",
    ],
    [
      settings.approval === "strict" && settings.modelApprovalStatus === "Approved",
      "modelApprovalStatus",
      "is Approved, but restate:approval is strict: the pipeline would approve its own models; change one of them",
    ],
    [
      settings.bucketPrincipals.length > 0 && !knowsEndpoint(settings.network),
      "bucketPrincipals",
      "only apply outside a network whose S3 endpoint is known, but network.mode is not create, and network.s3EndpointId " +
        "is not set",
    ],
    [
      settings.mlflowLogging !== "manual" && !usesMlflow(settings.tracking),
      "mlflowLogging",
      `is ${settings.mlflowLogging}, but restate:tracking is experiments: there is no MLflow app; set it to mlflow or both`,
    ],
    [
      settings.mlflowLogging === "in-network" && settings.network.mode === "create",
      "mlflowLogging",
      "is in-network, but the network that the stack creates has no route to MLflow apps; use outside-network, or a network " +
        "of your own",
    ],
    [
      JSON.stringify(settings.deployers).length > maxDeployersLength,
      "deployers",
      `have more than ${maxDeployersLength} characters in total, which is too long for a role's trust policy`,
    ],
    [
      dataset.table.length > maxTableLength,
      "dataset",
      `table: has ${dataset.table.length} characters; ${maxTableLength} are allowed, because saved queries contain its name`,
    ],
    [
      dataset.predictionIntervals !== undefined && ownImages.length > 0,
      "dataset",
      `predictionIntervals: the errors of ${ownImages.join(", ")} on the validation rows are not known, because the ` +
        "candidate has an image of its own; leave out one of them",
    ],
    [
      dataset.sampleWeight !== undefined && ownImages.length > 0,
      "dataset",
      `sampleWeight: the image of ${ownImages.join(", ")} is not known to read weights from the second column; leave out ` +
        "one of them",
    ],
    [
      dataset.sampleWeight !== undefined && settings.dataQualityBaseline,
      "dataset",
      "sampleWeight: restate:dataQualityBaseline would count the weight as a feature, which requests do not have; leave out " +
        "one of them (restate:driftReference takes no account of weights)",
    ],
    [
      settings.crawler !== undefined && dataset.source !== undefined,
      "crawler",
      "adds partitions to the stack's own table, but dataset.source names an existing one; set only one of them",
    ],
    [
      settings.crawler !== undefined && dataset.partitions.length === 0,
      "crawler",
      "finds new partitions, but dataset.partitions has none",
    ],
    [
      settings.crawler !== undefined &&
        dataset.partitions.some(({ projection }) => projection !== undefined),
      "crawler",
      "finds new partitions, but Athena projects those of dataset.partitions; set only one of them",
    ],
  ]);
  return [...keys, ...files.map(dataFileProblem)];
}
