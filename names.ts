/**
 * The physical names of a stack. They are composed of the stack's name, the account and the region,
 * never read from a resource: so a preview knows them, and the pipeline's definition with them.
 */
export interface Names {
  readonly database: string;
  readonly workGroup: string;
  readonly repository: string;
  readonly pipeline: string;
  readonly modelPackageGroup: string;
  readonly keyAlias: string;
  readonly flowLogs: string;
  readonly sageMakerImage: string;
  /** Of the schedule and the rule that start the pipeline. */
  readonly triggers: string;
  /** Of topic, alarm, dashboard and budget. */
  readonly operations: string;
  readonly roles: RoleNames;
}

/** The role of each actor. */
export interface RoleNames {
  /** The pipeline itself. */
  readonly pipeline: string;
  /** Its processing jobs. */
  readonly processing: string;
  /** Its training jobs. */
  readonly training: string;
  /** The jobs that evaluate models: processing, and batch transforms of custom images. */
  readonly evaluation: string;
  /** What starts the pipeline by the clock or on new data. */
  readonly scheduler: string;
}

/** Composes the names of a stack. */
export function stackNames(stack: string): Names {
  const prefix = `restate-${stack}`;
  return {
    database: prefix.replaceAll("-", "_"),
    workGroup: prefix,
    repository: `${prefix}-decision-tree`,
    pipeline: prefix,
    modelPackageGroup: prefix,
    keyAlias: `alias/${prefix}`,
    flowLogs: `${prefix}-flow-logs`,
    sageMakerImage: `${prefix}-dtree`,
    triggers: `${prefix}-start`,
    operations: prefix,
    roles: {
      pipeline: `${prefix}-pipeline`,
      processing: `${prefix}-processing`,
      training: `${prefix}-training`,
      evaluation: `${prefix}-evaluation`,
      scheduler: `${prefix}-scheduler`,
    },
  };
}

/** Composes the name of a stack's bucket, which must differ from everybody else's in the world. */
export function bucketName(stack: string, accountId: string): string {
  return `sagemaker-restate-${stack}-${accountId}`;
}
