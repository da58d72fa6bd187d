/** A serving stack's exports with their descriptions, which the README prints. */
export const servingOutputs = {
  outputsVersion:
    "Version of this contract; changes if a member is removed or changes its meaning.",
  endpointName: "Name of the endpoint, to invoke it.",
  endpointArn: "ARN of the endpoint.",
  endpointConfigurationName:
    "Name of the endpoint's configuration, which contains the model's version.",
  modelPackageArn: "ARN of the served model package.",
  modelPackageVersion: "Its version in the group.",
  invokePolicy: "An IAM policy, as JSON, that allows invoking the endpoint.",
  captureUri: "S3 URI of the folder of captured requests; empty if none are captured.",
  monitoringScheduleName: "Name of the monitoring schedule; empty without monitoring.",
} as const;

/** A serving stack's exports, for clients of the endpoint. All are text. */
export type ServingOutputs = Readonly<Record<keyof typeof servingOutputs, string>>;
