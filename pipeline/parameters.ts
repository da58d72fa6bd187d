import type { JsonObject, Reference } from "./expressions";

/** The defaults of the pipeline's parameters; whoever starts an execution may set others. */
export interface ParameterDefaults {
  /** Instance type of the processing jobs. */
  readonly processingInstanceType: string;
  /** Number of instances of the Data Wrangler job; the other processing jobs take one. */
  readonly processingInstanceCount: number;
  /** Instance type of the training jobs of candidates that do not name their own. */
  readonly trainingInstanceType: string;
  /** Approval status of a new model package. */
  readonly modelApprovalStatus: ModelApprovalStatus;
  /** R² on the test data below which no candidate is registered and the execution fails. */
  readonly minimumR2: number;
}

/** The values of ModelApprovalStatus in CreateModelPackage. */
export const modelApprovalStatuses = ["Approved", "Rejected", "PendingManualApproval"] as const;

/** A value of ModelApprovalStatus in CreateModelPackage. */
export type ModelApprovalStatus = (typeof modelApprovalStatuses)[number];

/** The names of the pipeline's parameters. */
export type ParameterName =
  | "MinimumR2"
  | "ModelApprovalStatus"
  | "ProcessingInstanceCount"
  | "ProcessingInstanceType"
  | "TrainingInstanceType";

/** Refers to a parameter of the pipeline. */
export function parameter(name: ParameterName): Reference {
  return { Get: `Parameters.${name}` };
}

/** Declares the pipeline's parameters. */
export function parameterDeclarations(defaults: ParameterDefaults): readonly JsonObject[] {
  const declaration = (name: ParameterName, type: string, value: string | number): JsonObject => ({
    Name: name,
    Type: type,
    DefaultValue: value,
  });
  return [
    declaration("ProcessingInstanceType", "String", defaults.processingInstanceType),
    declaration("ProcessingInstanceCount", "Integer", defaults.processingInstanceCount),
    declaration("TrainingInstanceType", "String", defaults.trainingInstanceType),
    {
      ...declaration("ModelApprovalStatus", "String", defaults.modelApprovalStatus),
      EnumValues: modelApprovalStatuses,
    },
    declaration("MinimumR2", "Float", defaults.minimumR2),
  ];
}
