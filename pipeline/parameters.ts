import type { Parameter } from "./language/definition";
import type { Reference } from "./language/expressions";

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
export function parameterDeclarations(
  defaults: ParameterDefaults,
): readonly (Parameter & { readonly Name: ParameterName })[] {
  return [
    {
      Name: "ProcessingInstanceType",
      Type: "String",
      DefaultValue: defaults.processingInstanceType,
    },
    {
      Name: "ProcessingInstanceCount",
      Type: "Integer",
      DefaultValue: defaults.processingInstanceCount,
    },
    { Name: "TrainingInstanceType", Type: "String", DefaultValue: defaults.trainingInstanceType },
    {
      Name: "ModelApprovalStatus",
      Type: "String",
      DefaultValue: defaults.modelApprovalStatus,
      EnumValues: modelApprovalStatuses,
    },
    { Name: "MinimumR2", Type: "Float", DefaultValue: defaults.minimumR2 },
  ];
}
