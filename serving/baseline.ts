import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";

import { runError } from "../runError";

/** What Model Monitor writes of the data that a model learnt from, as far as an alarm needs it. */
const constraintsSchema = z.object({
  features: z.array(z.object({ name: z.string() })).min(1),
  monitoring_config: z.object({
    distribution_constraints: z.object({ comparison_threshold: z.number() }),
  }),
});

/** What is compared with the training data, and how far it may be from it. */
export interface DriftLimits {
  /** Names of the columns, as the metrics name them. */
  readonly features: readonly string[];
  /** The distance of two distributions, 0 to 1, above which Model Monitor sees drift. */
  readonly threshold: number;
}

/**
 * Reads the columns and the threshold of a baseline: metrics are one a column, and named after it.
 *
 * @param uri S3 URI of the constraints
 * @throws pulumi.RunError where the document cannot be read, or is none of Model Monitor's
 */
export async function readDriftLimits(client: S3Client, uri: string): Promise<DriftLimits> {
  const problem = (what: string): Error =>
    runError(`restate-serving:monitoring: cannot read the model's baseline ${uri}: ${what}`);
  const constraints = constraintsSchema.safeParse(await readJson(client, uri, problem));
  if (!constraints.success) {
    throw problem("it is no document of constraints with features and a comparison_threshold");
  }
  const { features, monitoring_config: monitoring } = constraints.data;
  return {
    features: features.map(({ name }) => name),
    threshold: monitoring.distribution_constraints.comparison_threshold,
  };
}

async function readJson(
  client: S3Client,
  uri: string,
  problem: (what: string) => Error,
): Promise<unknown> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  try {
    const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return JSON.parse((await body?.transformToString()) ?? "");
  } catch (error) {
    const { message, name } = error as Error;
    throw problem(`${name}: ${message}`);
  }
}
