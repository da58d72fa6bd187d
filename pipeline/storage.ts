import { execution, type StringExpression, s3Uri } from "./language/expressions";

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
  /** Checkpoints of spot training: `checkpoints/<candidate>/<execution id>/`. */
  checkpoints: "checkpoints",
  /** Model artifacts: `models/<candidate>/<training job>/output/model.tar.gz`. */
  models: "models",
  /** What encodes rows before models: `models/row-encoders/<execution id>/model.tar.gz`. No candidate has such a name. */
  rowEncoders: "models/row-encoders",
  /** What endpoints record of their requests, and what monitoring finds: `endpoints/<endpoint>/`. */
  endpoints: "endpoints",
  /** Artifacts of the runs in the stack's MLflow app. */
  tracking: "mlflow",
} as const;

/**
 * S3 URI of something that an execution writes, which no other execution touches.
 * @param path with a slash at its end where it is read as a folder
 */
export function executionUri(bucket: string, path: string): StringExpression {
  return s3Uri(bucket, prefixes.executions, execution("PipelineExecutionId"), path);
}

/** S3 URI of what encodes rows for the models of one execution. */
export function encoderUri(bucket: string): StringExpression {
  return s3Uri(bucket, prefixes.rowEncoders, execution("PipelineExecutionId"));
}

/**
 * S3 URI of the checkpoints that a candidate's trials write in one execution: no trial resumes from another
 * execution's. It ends with "/", since a prefix without it takes in those of a candidate whose name begins with
 * this one's (source: syne-tune#363). SageMaker's cache does not go by it (source: "Default cache key attributes
 * by pipeline step type").
 */
export function checkpointUri(bucket: string, candidate: string): StringExpression {
  return s3Uri(bucket, prefixes.checkpoints, candidate, execution("PipelineExecutionId"), "");
}
