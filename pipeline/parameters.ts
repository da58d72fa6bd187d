import type { Candidate } from "./candidates";
import type { Parameter } from "./language/definition";
import type { Reference } from "./language/expressions";

/** The defaults of the pipeline's parameters, which a start may override. */
export interface ParameterDefaults {
  /** Instance type of the processing jobs. */
  readonly processingInstanceType: string;
  /** Number of instances of the Data Wrangler job; other processing jobs have one. */
  readonly processingInstanceCount: number;
  /** Instance type of the training jobs of candidates without their own. */
  readonly trainingInstanceType: string;
  /** Approval status of a new model package. */
  readonly modelApprovalStatus: ModelApprovalStatus;
  /** Min R² on the test data, below which no candidate is registered and the execution fails. */
  readonly minimumR2: number;
  /**
   * Max costs of an execution in US dollars; undefined: unlimited. With a limit, the parameters that costs depend on are fixed,
   * because a start could otherwise exceed it.
   */
  readonly maxCostPerExecution?: number | undefined;
}

/** The parameters that the costs of an execution depend on. */
export const costParameters = [
  "ProcessingInstanceCount",
  "ProcessingInstanceType",
  "TrainingInstanceType",
] as const satisfies readonly ParameterName[];

/** The values of ModelApprovalStatus in CreateModelPackage. */
export const modelApprovalStatuses = ["Approved", "Rejected", "PendingManualApproval"] as const;

/** A value of ModelApprovalStatus in CreateModelPackage. */
export type ModelApprovalStatus = (typeof modelApprovalStatuses)[number];

/** The name of the parameter of one of a candidate's parent tuning jobs, from 1. */
export const parentParameter = (candidate: string, number: number) =>
  `${candidate}ParentTuningJob${number}` as const;

/** The names of the pipeline's parameters. */
export type ParameterName =
  | ReturnType<typeof parentParameter>
  | "MinimumR2"
  | "ModelApprovalStatus"
  | "ProcessingInstanceCount"
  | "ProcessingInstanceType"
  | "TrainingInstanceType";

/** Refers to a parameter of the pipeline. */
export function parameter(name: ParameterName): Reference {
  return { Get: `Parameters.${name}` };
}

/**
 * Declares the pipeline's parameters. There is no TrainingInstanceType if it would have no effect, because each candidate has
 * its own instance type, and no batch transform uses it.
 */
export function parameterDeclarations(
  defaults: ParameterDefaults,
  candidates: readonly Pick<Candidate, "algorithm" | "instanceType" | "name" | "warmStart">[],
): readonly (Parameter & { readonly Name: ParameterName })[] {
  const setsTraining = candidates.some(
    ({ algorithm, instanceType }) => instanceType === undefined || typeof algorithm !== "string",
  );
  const string = (name: ParameterName, value: string) =>
    ({ Name: name, Type: "String", DefaultValue: value }) as const;
  return [
    string("ProcessingInstanceType", defaults.processingInstanceType),
    {
      Name: "ProcessingInstanceCount",
      Type: "Integer",
      DefaultValue: defaults.processingInstanceCount,
    },
    ...(setsTraining ? [string("TrainingInstanceType", defaults.trainingInstanceType)] : []),
    {
      ...string("ModelApprovalStatus", defaults.modelApprovalStatus),
      EnumValues: modelApprovalStatuses,
    },
    { Name: "MinimumR2", Type: "Float", DefaultValue: defaults.minimumR2 },
    ...candidates.flatMap(({ name, warmStart }) =>
      (warmStart?.parents ?? []).map((parent, index) =>
        string(parentParameter(name, index + 1), parent),
      ),
    ),
  ];
}
