/** The version of {@link StackOutputs} that this program writes, and its consumers here read. */
export const outputsVersion = "1";

/**
 * What a stack exports: the contract for other stacks, which read it through a StackReference.
 * Everything is a string or a list of strings, so that a consumer in any language can use it.
 */
export interface StackOutputs {
  /** Version of this contract; it changes when a member goes or changes its meaning. */
  readonly outputsVersion: string;
  /** Account that the stack is in. */
  readonly accountId: string;
  /** Region that the stack is in. */
  readonly region: string;
  /** Bucket of data, sources and models. */
  readonly bucketName: string;
  /** KMS key that encrypts the bucket, the images and all that jobs write. */
  readonly kmsKeyArn: string;
  /** Glue database. */
  readonly databaseName: string;
  /** Glue table to learn from. */
  readonly tableName: string;
  /** Athena workgroup of the pipeline's query. */
  readonly workGroupName: string;
  /** Saved query of the rows to learn from. */
  readonly namedQueryId: string;
  /** The Decision Tree image by its tag. */
  readonly decisionTreeImageUri: string;
  /** Tag of the Decision Tree image: a hash of its build context. */
  readonly decisionTreeImageTag: string;
  /** The Decision Tree image by the digest of its manifest. */
  readonly decisionTreeRepoDigest: string;
  /** VPC that the stack made for its jobs; empty where it made none. */
  readonly vpcId: string;
  /** Subnets of the jobs; none where they run in SageMaker's own network. */
  readonly subnetIds: readonly string[];
  /** Security groups of the jobs; none where they run in SageMaker's own network. */
  readonly securityGroupIds: readonly string[];
  /** SageMaker pipeline. */
  readonly pipelineName: string;
  /** SageMaker pipeline, by its ARN. */
  readonly pipelineArn: string;
  /** Definition of the pipeline, as canonical JSON. */
  readonly pipelineDefinition: string;
  /** Model package group that the pipeline registers models in. */
  readonly modelPackageGroupName: string;
  /** Model package group, by its ARN. */
  readonly modelPackageGroupArn: string;
  /** SNS topic of notifications: failed executions, models that await approval or have got it. */
  readonly topicArn: string;
  /** Role of the pipeline itself. */
  readonly pipelineRoleArn: string;
  /** Role of its processing jobs. */
  readonly processingRoleArn: string;
  /** Role of its training jobs. */
  readonly trainingRoleArn: string;
  /** Role of the jobs that evaluate models. */
  readonly evaluationRoleArn: string;
  /** Role of endpoints that serve a model of the group. */
  readonly servingRoleArn: string;
  /** Role of the jobs that compare an endpoint's requests with the training data. */
  readonly monitoringRoleArn: string;
  /** Role by which EventBridge may start the pipeline. */
  readonly schedulerRoleArn: string;
  /** Role by which GitHub workflows deploy the stack; empty where none may. */
  readonly deployerRoleArn: string;
}
