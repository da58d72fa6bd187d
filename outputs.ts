/**
 * What a stack exports: the contract for other stacks, which read it through a StackReference.
 * Everything is a plain string, so that a consumer in any language can use it.
 */
export interface StackOutputs {
  /** Version of this contract; it changes when a member goes or changes its meaning. */
  readonly outputsVersion: string;
  readonly accountId: string;
  readonly region: string;
  /** Bucket of data, sources and models, and the key that encrypts it. */
  readonly bucketName: string;
  readonly kmsKeyArn: string;
  /** Glue database and table, Athena workgroup, and the saved query of the rows to learn from. */
  readonly databaseName: string;
  readonly tableName: string;
  readonly workGroupName: string;
  readonly namedQueryId: string;
  /** The Decision Tree image: by tag (a hash of its build context) and by digest. */
  readonly decisionTreeImageUri: string;
  readonly decisionTreeImageTag: string;
  readonly decisionTreeRepoDigest: string;
  readonly pipelineName: string;
  readonly pipelineArn: string;
  /** The pipeline's definition, as canonical JSON. */
  readonly pipelineDefinition: string;
  readonly modelPackageGroupName: string;
  readonly modelPackageGroupArn: string;
  /** The roles of the pipeline and of its jobs. */
  readonly pipelineRoleArn: string;
  readonly processingRoleArn: string;
  readonly trainingRoleArn: string;
  readonly evaluationRoleArn: string;
}
