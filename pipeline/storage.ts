import { execution, type Expression, s3Uri } from "./expressions";

/**
 * Where things lie in the project's bucket. Roles and lifecycle rules name these prefixes too, so this
 * is the one place that knows them.
 */
export const prefixes = {
  /** Data of the tables: `data/<table>/`. */
  data: "data",
  /** Results of Athena queries. */
  queryResults: "athena",
  /** Scripts and flows of the pipeline, under keys that carry their hash. */
  sources: "pipeline",
  /** What the jobs of an execution write: `executions/<execution id>/`. */
  executions: "executions",
  /** Checkpoints of spot training: `checkpoints/<candidate>/`. */
  checkpoints: "checkpoints",
  /** Model artifacts: `models/<candidate>/<training job>/output/model.tar.gz`. */
  models: "models",
  /** What endpoints record of their requests, and what monitoring finds: `endpoints/<endpoint>/`. */
  endpoints: "endpoints",
} as const;

/** S3 URI of something that an execution writes, which no other execution touches. */
export function executionUri(bucket: string, path: string): Expression {
  return s3Uri(bucket, prefixes.executions, execution("PipelineExecutionId"), path);
}
