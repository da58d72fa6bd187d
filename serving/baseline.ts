import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";

import { runError } from "../errors/runError";
import type { Baseline, ModelPackage } from "./modelPackages";

/** The part of Model Monitor's constraints on the training data that an alarm needs. */
const constraintsSchema = z.object({
  features: z.array(z.object({ name: z.string() })).min(1),
  monitoring_config: z.object({
    distribution_constraints: z.object({ comparison_threshold: z.number() }),
  }),
});

/** A model's baseline, and how far requests may drift from it. */
export interface DriftBaseline extends Baseline {
  /** Names of the columns as in the metrics; at least one. */
  readonly features: readonly string[];
  /** The distance of two distributions, 0 to 1, above which Model Monitor sees drift. */
  readonly threshold: number;
}

const problem = (what: string): Error => runError(`restate-serving:monitoring: ${what}`);

/**
 * Reads the baseline of a model to monitor. Its columns are needed because Model Monitor has a metric for each,
 * named after it.
 *
 * @throws pulumi.RunError if the model has none, or it cannot be read; the message says what to do
 */
export async function readBaseline(client: S3Client, model: ModelPackage): Promise<DriftBaseline> {
  const { arn, baseline } = model;
  if (baseline === undefined) {
    throw problem(
      `the model ${arn} has no baseline to compare with: set restate:dataQualityBaseline to true in the ` +
        "main stack, run its pipeline, and approve the new model",
    );
  }
  const document = await readJson(client, baseline.constraints);
  const constraints = constraintsSchema.safeParse(document);
  if (!constraints.success) {
    throw problem(
      `cannot read the model's baseline ${baseline.constraints}: it is not a constraints document with ` +
        "features and a comparison_threshold",
    );
  }
  const { features, monitoring_config: monitoring } = constraints.data;
  return {
    ...baseline,
    features: features.map(({ name }) => name),
    threshold: monitoring.distribution_constraints.comparison_threshold,
  };
}

/** @throws pulumi.RunError if requests to a model are not the features that it was trained on */
export function checkMonitored({ arn, takesOwnRows }: ModelPackage): void {
  if (takesOwnRows) {
    throw problem(
      `the model ${arn} accepts the table's own rows (dataset.servedRows: raw), which cannot be compared with the ` +
        "features that it was trained on: mode must be none",
    );
  }
}

/**
 * Finds the drift reference of a model.
 *
 * @returns its S3 URI
 * @throws pulumi.RunError if the model has none in the main stack's bucket, with what to do
 */
export function findDriftReference(
  { arn, driftReference }: ModelPackage,
  bucketName: string,
): string {
  if (driftReference === undefined) {
    throw problem(
      `the model ${arn} has no drift reference: set restate:driftReference to true in the main stack, ` +
        "run its pipeline, and approve the new model",
    );
  }
  if (!driftReference.startsWith(`s3://${bucketName}/`)) {
    throw problem(
      `the reference of the model ${arn}, ${driftReference}, is not in the main stack's bucket ${bucketName}, where ` +
        "its roles may read",
    );
  }
  return driftReference;
}

async function readJson(client: S3Client, uri: string): Promise<unknown> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  try {
    const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return JSON.parse((await body?.transformToString()) ?? "");
  } catch (error) {
    const { message, name } = error as Error;
    throw problem(`cannot read the model's baseline ${uri}: ${name}: ${message}`);
  }
}
