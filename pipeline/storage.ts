import { execution, type StringExpression, s3Uri } from "./language/expressions";

/**
 * The prefixes in the project's bucket, which roles and lifecycle rules use too.
 */
export const prefixes = {
  /** Data of the tables: `data/<table>/`. */
  data: "data",
  /** Results of Athena queries. */
  queryResults: "athena",
  /** Scripts and flows of the pipeline, under keys with their hash. */
  sources: "pipeline",
  /** Output of an execution's jobs: `executions/<execution id>/`. */
  executions: "executions",
  /** Checkpoints of spot training: `checkpoints/<candidate>/<execution id>/`. */
  checkpoints: "checkpoints",
  /** Model artifacts: `models/<candidate>/<training job>/output/model.tar.gz`. */
  models: "models",
  /** Encodings of rows: `models/row-encoders/<execution id>/model.tar.gz`. No candidate can have this name. */
  rowEncoders: "models/row-encoders",
  /** Endpoints' captured requests, and results of monitoring: `endpoints/<endpoint>/`. */
  endpoints: "endpoints",
  /** Artifacts of the runs in the stack's MLflow app. */
  tracking: "mlflow",
} as const;

/**
 * S3 URI of an execution's own output.
 * @param path with a final slash if it is read as a folder
 */
export function executionUri(bucket: string, path: string): StringExpression {
  return s3Uri(bucket, prefixes.executions, execution("PipelineExecutionId"), path);
}

/** S3 URI of the encoding of rows for an execution's models. */
export function encoderUri(bucket: string): StringExpression {
  return s3Uri(bucket, prefixes.rowEncoders, execution("PipelineExecutionId"));
}

/**
 * S3 URI of the checkpoints of a candidate's trials in one execution, because trials must not resume from another
 * execution's. It ends with "/", because the prefix would otherwise include candidates whose names begin with this one's
 * (source: syne-tune#363). SageMaker's cache ignores it (source: "Default cache key attributes by pipeline step type").
 */
export function checkpointUri(bucket: string, candidate: string): StringExpression {
  return s3Uri(bucket, prefixes.checkpoints, candidate, execution("PipelineExecutionId"), "");
}
