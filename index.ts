import * as aws from "@pulumi/aws/provider";
import * as pulumi from "@pulumi/pulumi";

import { currentAccount } from "./components/account";
import { closedServiceWarning } from "./components/closedServices";
import { DataLake } from "./components/dataLake";
import { DecisionTreeImage } from "./components/decisionTreeImage";
import { Deployer } from "./components/deployer";
import { jobNetwork } from "./components/jobNetwork";
import { ModelPipeline } from "./components/modelPipeline";
import { Operations } from "./components/operations";
import { Permissions } from "./components/permissions";
import { prebuiltImages, supportWarnings } from "./components/prebuiltImages";
import { TableCrawler } from "./components/tableCrawler";
import { Triggers } from "./components/triggers";
import { loadSettings } from "./config/load";
import { bucketName, stackNames } from "./contract/names";
import { outputsVersion, type StackOutputs } from "./contract/outputs";

const settings = loadSettings();
const { dataset, region } = settings;
const stack = pulumi.getStack();
const names = stackNames(stack);

/** On everything that the stack creates, and on the jobs that its pipeline starts. */
const tags = { ...settings.aws.defaultTags?.tags, project: "restate", stack };
const provider = new aws.Provider("aws", {
  ...(settings.aws as aws.ProviderArgs),
  region: region as aws.ProviderArgs["region"],
  defaultTags: { tags },
});
const options: pulumi.ComponentResourceOptions = { providers: { aws: provider } };
const account = currentAccount(region, { provider });

/** What several components take. Each picks what its arguments name. */
const common = {
  ...settings,
  ...names,
  account,
  bucketName: account.accountId.apply((accountId) => bucketName(stack, accountId)),
  databaseName: dataset.database ?? names.databaseName,
  tableName: dataset.table,
  dataLocation: dataset.location,
  dataKmsKeyArn: dataset.kmsKeyArn,
  ownImages: settings.candidates.flatMap(({ algorithm }) =>
    typeof algorithm === "string" ? [] : [algorithm.image],
  ),
  ownTag: { key: "stack", value: stack },
};

const lake = new DataLake("data", common, options);
const { kmsKeyArn } = lake;
const network = jobNetwork("network", settings.network, common, options);

const scope = { ...common, kmsKeyArn, vpc: network.vpc };
const permissions = new Permissions(
  "permissions",
  { ...scope, crawled: settings.crawler !== undefined },
  options,
);
const { roleArns } = permissions;
const afterRoles: pulumi.ComponentResourceOptions = { ...options, dependsOn: [permissions] };

if (settings.crawler !== undefined) {
  const schedule = settings.crawler === "on-demand" ? undefined : settings.crawler;
  const { databaseName, tableName } = lake;
  new TableCrawler(
    "table",
    { ...common, databaseName, tableName, roleArn: roleArns.crawler, schedule },
    afterRoles,
  );
}

const image = new DecisionTreeImage(
  "decision-tree",
  {
    ...common,
    context: "container",
    kmsKeyArn,
    sageMakerImage: settings.sageMakerImage
      ? { name: names.sageMakerImageName, roleArn: roleArns.training }
      : undefined,
  },
  afterRoles,
);

const warnings = [
  ...supportWarnings(
    settings.candidates.some(({ algorithm }) => algorithm === "xgboost")
      ? ["scikitLearn", "xgboost"]
      : ["scikitLearn"],
    new Date(),
  ),
  ...(settings.dataQualityBaseline
    ? [closedServiceWarning("modelMonitor", "restate:dataQualityBaseline")]
    : []),
];
for (const warning of warnings) {
  void pulumi.log.warn(warning);
}

const { xgboost, ...images } = prebuiltImages(region, { provider });
const models = new ModelPipeline(
  "models",
  {
    ...common,
    parameters: settings,
    images: { ...images, algorithms: { "decision-tree": image.imageUri, xgboost } },
    roleArns,
    kmsKeyArn,
    vpc: network.vpc,
    tags,
    dataHash: lake.dataHash,
  },
  { ...options, dependsOn: [lake, image, image.pushed, permissions] },
);

if (settings.schedule !== undefined || settings.startOnNewData) {
  const newData = { bucketName: lake.bucketName, table: dataset.table };
  new Triggers(
    "triggers",
    {
      ...common,
      pipelineArn: models.pipelineArn,
      roleArn: roleArns.scheduler,
      newData: settings.startOnNewData ? newData : undefined,
    },
    afterRoles,
  );
}

const operations = new Operations("operations", { ...common, kmsKeyArn }, options);

const { deployers, permissionsBoundary } = settings;
const deployer =
  deployers.length > 0 && permissionsBoundary !== undefined
    ? new Deployer(
        "deployer",
        {
          ...scope,
          permissionsBoundary,
          subjects: deployers,
          furtherRoleNames: [names.flowLogsName],
          makesNetwork: settings.network.mode === "create",
        },
        options,
      )
    : undefined;

const outputs: { readonly [Name in keyof StackOutputs]: pulumi.Input<StackOutputs[Name]> } = {
  outputsVersion,
  accountId: account.accountId,
  region,
  bucketName: lake.bucketName,
  kmsKeyArn,
  databaseName: lake.databaseName,
  tableName: lake.tableName,
  workGroupName: lake.workGroupName,
  namedQueryId: lake.namedQueryId,
  decisionTreeImageUri: image.imageUri,
  decisionTreeImageTag: image.tag,
  decisionTreeRepoDigest: image.repoDigest,
  vpcId: network.vpcId ?? "",
  subnetIds: network.vpc?.subnetIds ?? [],
  securityGroupIds: network.vpc?.securityGroupIds ?? [],
  pipelineName: models.pipelineName,
  pipelineArn: models.pipelineArn,
  pipelineDefinition: models.definition,
  modelPackageGroupName: models.modelPackageGroupName,
  modelPackageGroupArn: models.modelPackageGroupArn,
  topicArn: operations.topicArn,
  pipelineRoleArn: roleArns.pipeline,
  processingRoleArn: roleArns.processing,
  trainingRoleArn: roleArns.training,
  evaluationRoleArn: roleArns.evaluation,
  servingRoleArn: roleArns.serving,
  monitoringRoleArn: roleArns.monitoring,
  schedulerRoleArn: roleArns.scheduler,
  deployerRoleArn: deployer?.roleArn ?? "",
};
export = outputs;
