/**
 * The expressions of a pipeline definition, Version "2020-12-01", as the service reads them: references
 * to parameters, execution variables and step properties (`Get`), `Std:Join` and `Std:JsonGet`.
 */

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A reference to a parameter, an execution variable or a property of a step. */
export interface Reference extends JsonObject {
  readonly Get: string;
}

/** Values joined to one string. */
export interface Join extends JsonObject {
  readonly "Std:Join": { readonly On: string; readonly Values: readonly Expression[] };
}

/** A value read from a JSON document that a processing step wrote, its property file. */
export interface JsonGet extends JsonObject {
  readonly "Std:JsonGet": { readonly PropertyFile: Reference; readonly Path: string };
}

/** What may stand in place of a plain value in the arguments of a step. */
export type Expression = string | number | boolean | Reference | Join | JsonGet;

/** The variables of a pipeline execution that the service fills in. */
export type ExecutionVariable =
  | "CurrentDateTime"
  | "PipelineArn"
  | "PipelineExecutionArn"
  | "PipelineExecutionId"
  | "PipelineName"
  | "StartDateTime";

/** Refers to a variable of the execution. */
export function execution(variable: ExecutionVariable): Reference {
  return { Get: `Execution.${variable}` };
}

/** Refers to a property of a step, by its path in the response of the Describe call of the step's job. */
export function stepProperty(step: string, path: string): Reference {
  return { Get: `Steps.${step}.${path}` };
}

/** Joins values with a separator. */
export function join(on: string, values: readonly Expression[]): Join {
  return { "Std:Join": { On: on, Values: values } };
}

/**
 * An S3 URI of parts, each without slashes at its ends, some of which are known only to the execution.
 * Neighbouring plain parts become one, so that equal URIs render equally.
 */
export function s3Uri(bucket: string, ...parts: readonly Expression[]): Expression {
  const values: Expression[] = [`s3://${bucket}`];
  for (const part of parts) {
    const last = values.at(-1);
    if (typeof part === "string" && typeof last === "string") {
      values[values.length - 1] = `${last}/${part}`;
    } else {
      values.push(part);
    }
  }
  const [only] = values;
  return values.length === 1 && only !== undefined ? only : join("/", values);
}

/**
 * The URI with a slash behind it: as the S3Uri of an S3Prefix, a folder's URI without one would stand for
 * every key that begins so, `predictions/LGBM` for those of `predictions/LGBM2` too. An output's own URI has
 * none, as in the SageMaker SDK's defaults, so whoever reads it adds one.
 */
export function folderUri(uri: Reference): Join {
  return join("", [uri, "/"]);
}
