/** What a serving stack exports, each with what it is: the README prints it. */
export const servingOutputs = {
  outputsVersion: "Version of this contract; it changes when a member goes or changes its meaning.",
  endpointName: "The endpoint, for whoever invokes it.",
  endpointArn: "The endpoint, by its ARN.",
  endpointConfigurationName: "The endpoint's configuration, which carries the model's version.",
  modelPackageArn: "The model package that is served.",
  modelPackageVersion: "Its version in the group.",
  invokePolicy: "An IAM policy, as JSON, that lets whoever has it invoke the endpoint.",
  captureUri: "S3 URI of the folder with the requests that are kept; empty where none are.",
  monitoringScheduleName: "The schedule of monitoring; empty where there is none.",
} as const;

/** What a serving stack exports, for those who invoke the endpoint. Everything is text. */
export type ServingOutputs = Readonly<Record<keyof typeof servingOutputs, string>>;
