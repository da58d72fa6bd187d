/** What a serving stack exports, for those who ask the endpoint. Everything is a string. */
export interface ServingOutputs {
  /** Version of this contract; it changes when a member goes or changes its meaning. */
  readonly outputsVersion: string;
  /** The endpoint, for whoever asks it. */
  readonly endpointName: string;
  /** The endpoint, by its ARN. */
  readonly endpointArn: string;
  /** The endpoint's configuration, which carries the model's version. */
  readonly endpointConfigurationName: string;
  /** The model package that is served. */
  readonly modelPackageArn: string;
  /** Its version in the group. */
  readonly modelPackageVersion: string;
  /** An IAM policy, as JSON, that lets whoever has it ask the endpoint. */
  readonly invokePolicy: string;
  /** S3 URI of the folder with the requests that are kept; empty where none are. */
  readonly captureUri: string;
  /** The schedule of monitoring; empty where there is none. */
  readonly monitoringScheduleName: string;
}
