/** The version of {@link StackOutputs} that this program writes, and its consumers here read. */
export const outputsVersion = "1";

/** The exports that are text, each with what it is: docs/reference.md prints it. */
export const textOutputs = {
  outputsVersion: "Version of this contract; it changes when a member goes or changes its meaning.",
  accountId: "Account that the stack is in.",
  region: "Region that the stack is in.",
  bucketName: "Bucket of data, sources and models.",
  kmsKeyArn: "KMS key that encrypts the bucket, the images and all that jobs write.",
  databaseName: "Glue database.",
  tableName: "Glue table to train on.",
  workGroupName: "Athena workgroup of the pipeline's query.",
  namedQueryId: "Saved query of the rows to train on.",
  decisionTreeImageUri: "The Decision Tree image by its tag.",
  decisionTreeImageTag: "Tag of the Decision Tree image: a hash of its build context.",
  decisionTreeRepoDigest: "The Decision Tree image by the digest of its manifest.",
  vpcId: "VPC that the stack made for its jobs; empty where it made none.",
  pipelineName: "SageMaker pipeline.",
  pipelineArn: "SageMaker pipeline, by its ARN.",
  pipelineDefinition: "Definition of the pipeline, as canonical JSON.",
  modelPackageGroupName: "Model package group that the pipeline registers models in.",
  modelPackageGroupArn: "Model package group, by its ARN.",
  topicArn:
    "SNS topic of notifications: failed executions, models that await approval or have got it.",
  pipelineRoleArn: "Role of the pipeline itself.",
  processingRoleArn: "Role of its processing jobs.",
  trainingRoleArn: "Role of its training jobs.",
  evaluationRoleArn: "Role of the jobs that evaluate models.",
  servingRoleArn: "Role of endpoints that serve a model of the group.",
  monitoringRoleArn: "Role of the jobs that compare an endpoint's requests with the training data.",
  schedulerRoleArn: "Role by which EventBridge may start the pipeline.",
  deployerRoleArn: "Role by which GitHub workflows deploy the stack; empty where none may.",
  approverPolicyArn:
    "Policy for the people who approve models: no role of the stack can approve one.",
} as const;

/** The exports that are lists of texts, each with what it is. */
export const listOutputs = {
  subnetIds: "Subnets of the jobs; none where they run in SageMaker's own network.",
  securityGroupIds: "Security groups of the jobs; none where they run in SageMaker's own network.",
} as const;

/** The name of an export that is text. */
export type TextOutput = keyof typeof textOutputs;

/** The name of an export that is a list of texts. */
export type ListOutput = keyof typeof listOutputs;

/**
 * What a stack exports: the contract for other stacks, which read it through a StackReference. It holds text and lists
 * of text only, so that a consumer in any language can use it.
 */
export type StackOutputs = Readonly<
  Record<TextOutput, string> & Record<ListOutput, readonly string[]>
>;
