import * as aws from "@pulumi/aws/provider";
import { getCallerIdentityOutput } from "@pulumi/aws/getCallerIdentity";
import { getPartitionOutput } from "@pulumi/aws/getPartition";
import { getPrebuiltEcrImageOutput } from "@pulumi/aws/sagemaker/getPrebuiltEcrImage";
import * as pulumi from "@pulumi/pulumi";

import type { Account } from "./components/account";
import { DataLake } from "./components/dataLake";
import { DecisionTreeImage } from "./components/decisionTreeImage";
import { ModelPipeline } from "./components/modelPipeline";
import { Network } from "./components/network";
import { Operations } from "./components/operations";
import { Permissions } from "./components/permissions";
import { Triggers } from "./components/triggers";
import { loadSettings } from "./config";
import { bucketName, stackNames } from "./names";
import type { StackOutputs } from "./outputs";

const settings = loadSettings();
const stack = pulumi.getStack();
const names = stackNames(stack);
const databaseName = settings.dataset.database ?? names.database;

/** On everything that the stack creates, and on the jobs that its pipeline starts. */
const tags = { project: "restate", stack };
const provider = new aws.Provider("aws", {
  region: settings.region as aws.ProviderArgs["region"],
  defaultTags: { tags },
});
const invoke = { provider };
const identity = getCallerIdentityOutput({}, invoke);
const partition = getPartitionOutput({}, invoke);
const account: Account = {
  accountId: identity.accountId,
  partition: partition.partition,
  dnsSuffix: partition.dnsSuffix,
  region: settings.region,
};
const bucket = account.accountId.apply((accountId) => bucketName(stack, accountId));
const prebuiltImage = (repositoryName: string, imageTag: string): pulumi.Output<string> =>
  getPrebuiltEcrImageOutput({ repositoryName, imageTag, region: settings.region }, invoke)
    .registryPath;
const options: pulumi.ComponentResourceOptions = { providers: { aws: provider } };

const lake = new DataLake(
  "data",
  {
    account,
    bucketName: bucket,
    databaseName,
    workGroupName: names.workGroup,
    keyAlias: names.keyAlias,
    dataset: settings.dataset,
    dataFile: settings.dataFile,
    forceDestroy: settings.forceDestroy,
    protect: settings.protect,
    modelConsumers: settings.modelConsumers,
    accessLogBucket: settings.accessLogBucket,
  },
  options,
);

const { network: networkSettings } = settings;
const network =
  networkSettings.mode === "create"
    ? new Network(
        "network",
        {
          account,
          cidrBlock: networkSettings.cidrBlock,
          availabilityZones: networkSettings.availabilityZones,
          flowLogs: networkSettings.flowLogs,
          flowLogsName: names.flowLogs,
          permissionsBoundary: settings.permissionsBoundary,
          bucketName: bucket,
          dataLocation: settings.dataset.location,
          severalInstances: settings.processingInstanceCount > 1,
        },
        options,
      )
    : undefined;
const vpc =
  networkSettings.mode === "existing"
    ? networkSettings
    : network && {
        subnetIds: network.subnetIds,
        securityGroupIds: pulumi.all([network.securityGroupId]),
      };

const permissions = new Permissions(
  "permissions",
  {
    account,
    roleNames: names.roles,
    bucketName: bucket,
    databaseName,
    tableName: settings.dataset.table,
    dataLocation: settings.dataset.location,
    workGroupName: names.workGroup,
    pipelineName: names.pipeline,
    modelPackageGroupName: names.modelPackageGroup,
    repositoryName: names.repository,
    kmsKeyArn: lake.kmsKeyArn,
    inVpc: vpc !== undefined,
    permissionsBoundary: settings.permissionsBoundary,
    started: settings.schedule !== undefined || settings.startOnNewData,
  },
  options,
);

const image = new DecisionTreeImage(
  "decision-tree",
  {
    account,
    repositoryName: names.repository,
    context: "container",
    baseImage: settings.baseImage,
    kmsKeyArn: lake.kmsKeyArn,
    forceDelete: settings.forceDestroy,
    protect: settings.protect,
    modelConsumers: settings.modelConsumers,
    sageMakerImage: settings.sageMakerImage
      ? { name: names.sageMakerImage, roleArn: permissions.roleArns.training }
      : undefined,
  },
  { ...options, dependsOn: [permissions] },
);

const models = new ModelPipeline(
  "models",
  {
    pipelineName: names.pipeline,
    modelPackageGroupName: names.modelPackageGroup,
    bucketName: bucket,
    databaseName,
    workGroupName: names.workGroup,
    dataset: settings.dataset,
    candidates: settings.candidates,
    parameters: settings,
    images: {
      dataWrangler: prebuiltImage("sagemaker-data-wrangler-container", "3.x"),
      modelMonitor: prebuiltImage("sagemaker-model-monitor-analyzer", "latest"),
      scikitLearn: prebuiltImage("sagemaker-scikit-learn", "1.2-1-cpu-py3"),
      algorithms: {
        "decision-tree": image.imageUri,
        xgboost: prebuiltImage("sagemaker-xgboost", "3.0-5"),
      },
    },
    roleArns: permissions.roleArns,
    kmsKeyArn: lake.kmsKeyArn,
    vpc,
    parallelSteps: settings.parallelSteps,
    account,
    modelConsumers: settings.modelConsumers,
    protect: settings.protect,
    tags,
    dataHash: lake.dataHash,
    dataQualityBaseline: settings.dataQualityBaseline,
    gitRevision: settings.gitRevision,
  },
  { ...options, dependsOn: [lake, image, permissions] },
);

if (settings.schedule !== undefined || settings.startOnNewData) {
  new Triggers(
    "triggers",
    {
      name: names.triggers,
      pipelineArn: models.pipelineArn,
      roleArn: permissions.roleArns.scheduler,
      schedule: settings.schedule,
      newData: settings.startOnNewData
        ? { bucketName: lake.bucketName, table: settings.dataset.table }
        : undefined,
    },
    { ...options, dependsOn: [permissions] },
  );
}

const operations = new Operations(
  "operations",
  {
    account,
    name: names.operations,
    pipelineName: names.pipeline,
    modelPackageGroupName: names.modelPackageGroup,
    kmsKeyArn: lake.kmsKeyArn,
    emails: settings.notifyEmails,
    dashboard: settings.dashboard,
    monthlyBudget: settings.monthlyBudget,
    budgetTag: { key: "stack", value: stack },
  },
  options,
);

const outputs: { readonly [Name in keyof StackOutputs]: pulumi.Input<StackOutputs[Name]> } = {
  outputsVersion: "1",
  accountId: account.accountId,
  region: settings.region,
  bucketName: lake.bucketName,
  kmsKeyArn: lake.kmsKeyArn,
  databaseName: lake.databaseName,
  tableName: lake.tableName,
  workGroupName: lake.workGroupName,
  namedQueryId: lake.namedQueryId,
  decisionTreeImageUri: image.imageUri,
  decisionTreeImageTag: image.tag,
  decisionTreeRepoDigest: image.repoDigest,
  vpcId: network?.vpcId ?? "",
  subnetIds: vpc?.subnetIds ?? [],
  securityGroupIds: vpc?.securityGroupIds ?? [],
  pipelineName: models.pipelineName,
  pipelineArn: models.pipelineArn,
  pipelineDefinition: models.definition,
  modelPackageGroupName: models.modelPackageGroupName,
  modelPackageGroupArn: models.modelPackageGroupArn,
  topicArn: operations.topicArn,
  pipelineRoleArn: permissions.roleArns.pipeline,
  processingRoleArn: permissions.roleArns.processing,
  trainingRoleArn: permissions.roleArns.training,
  evaluationRoleArn: permissions.roleArns.evaluation,
};
export = outputs;
