/** What AWS refuses at once, as far as this program could get it wrong. */

type Properties = Readonly<Record<string, unknown>>;

/** A member that is refused, and why. */
export interface Refusal {
  readonly property: string;
  readonly reason: string;
}

type Rule = (value: unknown) => string | undefined;

const pattern =
  (regex: RegExp): Rule =>
  (value) =>
    typeof value === "string" && !regex.test(value)
      ? `"${value}" does not match ${String(regex)}`
      : undefined;

const json =
  (most: number): Rule =>
  (value) => {
    if (typeof value !== "string" || value === "04da6b54-80e4-46f7-96ec-b56ff0331ba9") {
      return undefined; // not known yet
    }
    try {
      JSON.parse(value);
    } catch {
      return "is not JSON";
    }
    return value.length > most ? `has ${value.length} characters; ${most} are allowed` : undefined;
  };

/** What SageMaker takes as a name of most things. */
const sageMakerName = pattern(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
const roleArn = pattern(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/);

/** Members that a resource must have, and what each must be. */
const rules: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  "aws:athena/workgroup:Workgroup": { name: pattern(/^[a-zA-Z0-9._-]{1,128}$/) },
  "aws:cloudwatch/eventRule:EventRule": {
    eventPattern: json(4096),
    name: pattern(/^[.\-_A-Za-z0-9]{1,64}$/),
  },
  "aws:cloudwatch/eventTarget:EventTarget": { arn: () => undefined, rule: () => undefined },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    comparisonOperator: () => undefined,
    evaluationPeriods: () => undefined,
    name: pattern(/^.{1,255}$/),
  },
  "aws:ecr/repository:Repository": { name: pattern(/^[a-z0-9]+(?:[._/-][a-z0-9]+)*$/) },
  "aws:glue/catalogDatabase:CatalogDatabase": { name: pattern(/^[a-z0-9_]{1,255}$/) },
  "aws:glue/catalogTable:CatalogTable": {
    name: pattern(/^[a-z0-9_]{1,255}$/),
    databaseName: () => undefined,
  },
  "aws:iam/role:Role": { assumeRolePolicy: json(2048), name: pattern(/^[\w+=,.@-]{1,64}$/) },
  "aws:iam/rolePolicy:RolePolicy": { policy: json(10_240), role: () => undefined },
  "aws:kms/keyPolicy:KeyPolicy": { keyId: () => undefined, policy: json(32_768) },
  "aws:kms/alias:Alias": {
    name: pattern(/^alias\/(?!aws)[a-zA-Z0-9/_-]{1,250}$/),
    targetKeyId: () => undefined,
  },
  "aws:s3/bucket:Bucket": { bucket: pattern(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/) },
  "aws:s3/bucketPolicy:BucketPolicy": { bucket: () => undefined, policy: json(20_480) },
  "aws:scheduler/schedule:Schedule": {
    flexibleTimeWindow: () => undefined,
    name: pattern(/^[\w.-]{1,64}$/),
    scheduleExpression: pattern(/^(rate|cron|at)\(.+\)$/),
    // hashicorp/terraform-provider-aws#33526
    target: (value) => {
      const { arn, sagemakerPipelineParameters: block } = value as {
        readonly arn?: string;
        readonly sagemakerPipelineParameters?: { readonly pipelineParameters?: readonly unknown[] };
      };
      const isUniversal = arn?.includes(":scheduler:::aws-sdk:") === true;
      return isUniversal || (block?.pipelineParameters ?? []).length > 0
        ? undefined
        : "SageMakerPipelineParameters is required: the provider drops an empty block";
    },
  },
  "aws:sns/topic:Topic": { name: pattern(/^[\w-]{1,256}$/) },
  "aws:sns/topicPolicy:TopicPolicy": { arn: () => undefined, policy: json(30_720) },
  "aws:sagemaker/mlflowApp:MlflowApp": {
    artifactStoreUri: pattern(/^s3:\/\/[^/]+\/.*$/),
    name: pattern(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}$/),
    roleArn,
  },
  "aws:sagemaker/modelPackageGroup:ModelPackageGroup": {
    modelPackageGroupName: pattern(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/),
  },
  "aws:sagemaker/pipeline:Pipeline": {
    pipelineDefinition: json(1_048_576),
    pipelineDisplayName: pattern(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}$/),
    pipelineName: pattern(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,81}$/),
    roleArn,
  },
  "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition": {
    name: sageMakerName,
    roleArn,
  },
  "aws:sagemaker/endpoint:Endpoint": { endpointConfigName: sageMakerName, name: sageMakerName },
  "aws:sagemaker/endpointConfiguration:EndpointConfiguration": {
    name: sageMakerName,
    productionVariants: () => undefined,
  },
  "aws:sagemaker/model:Model": { executionRoleArn: roleArn, name: sageMakerName },
  "aws:sagemaker/monitoringSchedule:MonitoringSchedule": {
    monitoringScheduleConfig: () => undefined,
    name: sageMakerName,
  },
};

/** What AWS would refuse of a resource's inputs. */
export function refusals(type: string, inputs: Properties): readonly Refusal[] {
  return Object.entries(rules[type] ?? {}).flatMap(([property, rule]): Refusal[] => {
    if (inputs[property] === undefined) {
      return [{ property, reason: "is required" }];
    }
    const reason = rule(inputs[property]);
    return reason === undefined ? [] : [{ property, reason }];
  });
}
