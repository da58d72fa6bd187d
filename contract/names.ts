/**
 * The physical names of a stack. They are composed of the stack's name, the account and the region, never read from a
 * resource, so a preview knows them and the pipeline's definition.
 */
export interface Names {
  /** The prefix of all names that people see. */
  readonly namePrefix: string;
  readonly databaseName: string;
  readonly workGroupName: string;
  readonly repositoryName: string;
  readonly pipelineName: string;
  readonly modelPackageGroupName: string;
  readonly keyAlias: string;
  readonly crawlerName: string;
  readonly flowLogsName: string;
  readonly sageMakerImageName: string;
  /** Of the schedule and the rule that start the pipeline. */
  readonly triggersName: string;
  /** Of topic, alarm, dashboard and budget. */
  readonly operationsName: string;
  /** Of the pipeline and the rules that log executions to the MLflow app. No stack's name has two hyphens. */
  readonly loggingName: string;
  readonly roleNames: RoleNames;
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
  /** The schedules and events that start the pipeline. */
  readonly scheduler: string;
  /** Endpoints that serve a model. */
  readonly serving: string;
  /** The jobs that compare an endpoint's requests with the training data. */
  readonly monitoring: string;
  /** The crawler that adds partitions to the table. */
  readonly crawler: string;
  /** The MLflow app that tracks executions. */
  readonly tracking: string;
  /** What logs executions to it. */
  readonly logging: string;
}

/**
 * Stack names that fit into every physical name: not too long for any; ECR allows no repeated hyphens, and
 * SageMaker none at the end.
 */
const stackPattern = /^(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Words after the stack's name in the patterns of names that its deployer may change; no other stack's name may match. */
const reservedParts = ["deployer", "model"];

/** The problems with a stack's name; empty if it fits into every physical name. */
export function stackNameProblems(stack: string): readonly string[] {
  const [, ...rest] = stack.split("-");
  const taken = rest.find((part) => reservedParts.includes(part));
  return [
    ...(stackPattern.test(stack)
      ? []
      : [
          "must be 1 to 20 lower-case letters, digits and single hyphens between them, beginning " +
            "with a letter, because bucket, Glue and pipeline names contain it",
        ]),
    ...(taken === undefined
      ? []
      : [
          `must not have "${taken}" after a hyphen, because names of the stack ` +
            `"${stack.slice(0, stack.lastIndexOf(`-${taken}`))}" would begin with this one's`,
        ]),
  ];
}

/** Composes the names of a stack. */
export function stackNames(stack: string): Names {
  const prefix = `restate-${stack}`;
  return {
    namePrefix: prefix,
    databaseName: prefix.replaceAll("-", "_"),
    workGroupName: prefix,
    repositoryName: `${prefix}-decision-tree`,
    pipelineName: prefix,
    modelPackageGroupName: prefix,
    keyAlias: `alias/${prefix}`,
    crawlerName: prefix,
    flowLogsName: `${prefix}-flow-logs`,
    sageMakerImageName: `${prefix}-dtree`,
    triggersName: `${prefix}-start`,
    operationsName: prefix,
    loggingName: `${prefix}--logging`,
    roleNames: {
      pipeline: `${prefix}-pipeline`,
      processing: `${prefix}-processing`,
      training: `${prefix}-training`,
      evaluation: `${prefix}-evaluation`,
      scheduler: `${prefix}-scheduler`,
      serving: `${prefix}-serving`,
      monitoring: `${prefix}-monitoring`,
      crawler: `${prefix}-crawler`,
      tracking: `${prefix}-tracking`,
      logging: `${prefix}-logging`,
    },
  };
}

/** Composes the name of a stack's bucket, which must be globally unique. */
export function bucketName(stack: string, accountId: string): string {
  return `sagemaker-restate-${stack}-${accountId}`;
}
