/** The version of {@link StackOutputs} that this program writes and this project's consumers read. */
export const outputsVersion = "1";

/** The exports that are strings, with their descriptions for docs/reference.md. */
export const textOutputs = {
  outputsVersion:
    "Version of this contract; changes if a member is removed or changes its meaning.",
  accountId: "The stack's account.",
  region: "The stack's region.",
  bucketName: "Bucket of data, sources and models.",
  kmsKeyArn: "KMS key that encrypts the bucket, the images and everything that jobs write.",
  databaseName: "Glue database.",
  tableName: "Glue table to train on.",
  workGroupName: "Athena workgroup of the pipeline's query.",
  namedQueryId: "Saved query that selects the rows to train on.",
  decisionTreeImageUri: "The Decision Tree image by tag.",
  decisionTreeImageTag: "Tag of the Decision Tree image: a hash of its build context.",
  decisionTreeRepoDigest: "The Decision Tree image by manifest digest.",
  vpcId: "VPC that the stack created for its jobs; empty if it created none.",
  pipelineName: "Name of the SageMaker pipeline.",
  pipelineArn: "ARN of the SageMaker pipeline.",
  pipelineDefinition: "Definition of the pipeline, as canonical JSON.",
  modelPackageGroupName: "Name of the model package group that the pipeline registers models in.",
  modelPackageGroupArn: "ARN of the model package group.",
  mlflowAppArn:
    "MLflow app that executions are tracked in; empty if restate:tracking is experiments.",
  topicArn:
    "SNS topic for notifications: failed executions, and models that await approval, were approved or rejected.",
  pipelineRoleArn: "Role of the pipeline itself.",
  processingRoleArn: "Role of its processing jobs.",
  trainingRoleArn: "Role of its training jobs.",
  evaluationRoleArn: "Role of the jobs that evaluate models.",
  servingRoleArn: "Role of endpoints that serve a model of the group.",
  monitoringRoleArn: "Role of the jobs that compare an endpoint's requests with the training data.",
  schedulerRoleArn: "Role that EventBridge assumes to start the pipeline.",
  deployerRoleArn:
    "Role that GitHub workflows assume to deploy the stack; empty without restate:deployers.",
  approverPolicyArn: "Policy for approvers of models: no role of the stack can approve one.",
} as const;

/** The exports that are lists of strings, with their descriptions. */
export const listOutputs = {
  subnetIds: "Subnets of the jobs; empty if they run in SageMaker's own network.",
  securityGroupIds: "Security groups of the jobs; empty if they run in SageMaker's own network.",
} as const;

/** The name of an export that is a string. */
export type TextOutput = keyof typeof textOutputs;

/** The name of an export that is a list of strings. */
export type ListOutput = keyof typeof listOutputs;

/**
 * A stack's exports: the contract for other stacks, which read it through a StackReference. All are strings and lists
 * of strings, so that consumers in any language can use them.
 */
export type StackOutputs = Readonly<
  Record<TextOutput, string> & Record<ListOutput, readonly string[]>
>;
