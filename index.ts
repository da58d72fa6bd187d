import * as pulumi from "@pulumi/pulumi";

import { currentAccount } from "./components/account";
import { Approval } from "./components/approval";
import { dataElsewhere } from "./components/dataElsewhere";
import { Boundaries } from "./components/boundaries";
import { endpointAccess } from "./components/endpointAccess";
import { DataLake } from "./components/dataLake";
import { DecisionTreeImage } from "./components/decisionTreeImage";
import { Deployer } from "./components/deployer";
import { jobNetwork } from "./components/jobNetwork";
import { MlflowLogs } from "./components/mlflowLogs";
import { ModelPipeline } from "./components/modelPipeline";
import { Operations } from "./components/operations";
import { Permissions } from "./components/permissions";
import { prebuiltImages } from "./components/prebuiltImages";
import { stackProvider, stackTags } from "./components/provider";
import { Statements } from "./components/rights/statements";
import { stackNames } from "./components/stackNames";
import { TableCrawler } from "./components/tableCrawler";
import { Tracking } from "./components/tracking";
import { Triggers } from "./components/triggers";
import { stackWarnings } from "./components/warnings";
import { loadSettings } from "./config/load";
import { outputsVersion, type StackOutputs } from "./contract/outputs";
import { tableBucket } from "./pipeline/dataset";
import { hasLocalStorage } from "./pipeline/instanceTypes";
import { usesMlflow } from "./pipeline/tracking";

const settings = loadSettings();
const { candidates, crawler, dataset, modelConsumers, region } = settings;
for (const warning of stackWarnings(settings, new Date())) {
  void pulumi.log.warn(warning);
}

/** On everything that the stack creates, and on the jobs that its pipeline starts. */
const tags = stackTags(settings.aws, "restate");
const ownTag = { key: "stack", value: pulumi.getStack() };
const provider = stackProvider(settings.aws, region, tags);
const options: pulumi.ComponentResourceOptions = { providers: { aws: provider } };

const account = currentAccount(region, { provider });
const names = stackNames(account, dataset.source?.database ?? dataset.database);
const protection = { protect: settings.protect, forceDestroy: settings.forceDestroy };
const elsewhere = dataElsewhere(dataset);
const bucketOfTable = tableBucket(dataset.source);

const prebuilt = prebuiltImages(region, { provider });

/** What roles are about, as far as it is known before network and key are. */
const known = {
  account,
  names,
  tableName: dataset.source?.table ?? dataset.table,
  adopted: dataset.source && {
    baseTables: dataset.source.baseTables,
    tableBucket:
      bucketOfTable === undefined
        ? undefined
        : { name: bucketOfTable, kmsKeyArn: dataset.kmsKeyArn },
  },
  dataElsewhere: elsewhere,
  ownImages: candidates.flatMap(({ algorithm }) =>
    typeof algorithm === "string" ? [] : [algorithm.image],
  ),
  prebuiltImages: Object.values(prebuilt),
  encryptCatalog: settings.encryptCatalog,
  ownTag,
  modelApprovalStatus: settings.modelApprovalStatus,
  findsDrift: settings.driftReference,
  challengesChampion: settings.champion !== undefined,
  tracking: settings.tracking,
  mlflowLogging: settings.mlflowLogging,
  servesRawRows: dataset.servedRows === "raw",
  trainingVolumesTakeKey: !candidates.some(({ instanceType = "" }) =>
    hasLocalStorage(instanceType),
  ),
};
const hasDeployer = settings.deployers.length > 0;
const boundaries =
  hasDeployer && settings.permissionsBoundary === undefined
    ? new Boundaries(
        "boundaries",
        new Statements({ ...known, kmsKeyArn: "", vpc: undefined }),
        options,
      )
    : undefined;
const permissionsBoundary = settings.permissionsBoundary ?? boundaries?.rolesArn;

const { s3EndpointId, vpc, vpcId } = jobNetwork(
  "network",
  settings.network,
  { account, names, dataElsewhere: elsewhere, permissionsBoundary },
  options,
);

const lake = new DataLake(
  "data",
  {
    account,
    names,
    dataset,
    dataFile: settings.dataFile,
    protection,
    access: {
      modelConsumers,
      accessLogBucket: settings.accessLogBucket,
      throughEndpoint:
        s3EndpointId &&
        endpointAccess(names, {
          vpcEndpointId: s3EndpointId,
          ownImages: known.ownImages,
          principals: settings.bucketPrincipals,
          mlflowLogging: settings.mlflowLogging,
        }),
    },
    encryptCatalog: settings.encryptCatalog,
  },
  options,
);
const { kmsKeyArn } = lake;

/** What roles are about. */
const scope = { ...known, kmsKeyArn, vpc };
const permissions = new Permissions(
  "permissions",
  { scope, permissionsBoundary, crawled: crawler !== undefined },
  options,
);
const { roleArns } = permissions;
const approval = new Approval("approval", new Statements(scope), options);
const afterRoles: pulumi.ComponentResourceOptions = { ...options, dependsOn: [permissions] };

if (crawler !== undefined) {
  new TableCrawler(
    "table",
    {
      names,
      databaseName: lake.databaseName,
      tableName: lake.tableName,
      roleArn: roleArns.crawler,
      schedule: crawler === "on-demand" ? undefined : crawler,
    },
    afterRoles,
  );
}

/** Whether models are inference pipelines, with the image beside SageMaker's own. */
const inPipelines =
  known.servesRawRows ||
  (dataset.predictionIntervals !== undefined &&
    candidates.some(({ algorithm }) => algorithm === "xgboost"));
const image = new DecisionTreeImage(
  "decision-tree",
  {
    account,
    names,
    build: { context: "container", baseImage: settings.baseImage },
    kmsKeyArn,
    protection,
    modelConsumers,
    inPipelines,
    sageMakerImage: settings.sageMakerImage ? { roleArn: roleArns.training } : undefined,
  },
  afterRoles,
);

const mlflow = usesMlflow(settings.tracking)
  ? new Tracking("tracking", { names, roleArn: roleArns.tracking, protection }, afterRoles)
  : undefined;

const { xgboost, ...images } = prebuilt;
const models = new ModelPipeline(
  "models",
  {
    account,
    names,
    training: {
      dataset,
      candidates,
      parameters: settings,
      minimumR2Floor: settings.minimumR2Floor,
      champion: settings.champion,
      dataHash: lake.dataHash,
      dataQualityBaseline: settings.dataQualityBaseline,
      driftReference: settings.driftReference,
      gitRevision: settings.gitRevision,
      modelCard: settings.modelCard,
    },
    jobs: {
      images: { ...images, algorithms: { "decision-tree": image.imageUri, xgboost } },
      roleArns,
      kmsKeyArn,
      vpc,
      tags,
    },
    tracking: settings.tracking,
    mlflowAppArn: mlflow?.appArn,
    parallelSteps: settings.parallelSteps,
    protection,
    modelConsumers,
  },
  { ...options, dependsOn: [lake, image, image.pushed, permissions] },
);

if (mlflow !== undefined && settings.mlflowLogging !== "manual") {
  new MlflowLogs(
    "mlflow-logs",
    {
      names,
      pipelineArn: models.pipelineArn,
      appArn: mlflow.appArn,
      job: {
        imageUri: xgboost,
        roleArns,
        kmsKeyArn,
        vpc: settings.mlflowLogging === "in-network" ? vpc : undefined,
        tags,
      },
    },
    { ...options, dependsOn: [lake, permissions] },
  );
}

if (settings.schedule !== undefined || settings.startOnNewData) {
  new Triggers(
    "triggers",
    {
      names,
      pipelineArn: models.pipelineArn,
      roleArn: roleArns.scheduler,
      schedule: settings.schedule,
      modelApprovalStatus: settings.modelApprovalStatus,
      newData: settings.startOnNewData
        ? { bucketName: lake.bucketName, table: dataset.table }
        : undefined,
    },
    afterRoles,
  );
}

const operations = new Operations(
  "operations",
  {
    account,
    names,
    loggingName: settings.mlflowLogging === "manual" ? undefined : names.loggingName,
    kmsKeyArn,
    notifyEmails: settings.notifyEmails,
    dashboard: settings.dashboard,
    monthlyBudget: settings.monthlyBudget,
    ownTag,
  },
  options,
);

const deployer =
  hasDeployer && permissionsBoundary !== undefined
    ? new Deployer(
        "deployer",
        {
          scope,
          limits: {
            permissionsBoundary,
            forceDestroy: settings.forceDestroy,
            uploadsData: settings.dataFile !== undefined,
            servingEndpoints: settings.servingEndpoints,
            makesNetwork: settings.network.mode === "create",
            sharesImage: inPipelines || modelConsumers.length > 0,
            sharesModels: modelConsumers.length > 0,
          },
          ownBoundary: boundaries?.deployerArn ?? permissionsBoundary,
          subjects: settings.deployers,
          oidcProviderArn: settings.oidcProviderArn,
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
  vpcId: vpcId ?? "",
  subnetIds: vpc?.subnetIds ?? [],
  securityGroupIds: vpc?.securityGroupIds ?? [],
  pipelineName: models.pipelineName,
  pipelineArn: models.pipelineArn,
  pipelineDefinition: models.definition,
  modelPackageGroupName: models.modelPackageGroupName,
  modelPackageGroupArn: models.modelPackageGroupArn,
  mlflowAppArn: mlflow?.appArn ?? "",
  topicArn: operations.topicArn,
  pipelineRoleArn: roleArns.pipeline,
  processingRoleArn: roleArns.processing,
  trainingRoleArn: roleArns.training,
  evaluationRoleArn: roleArns.evaluation,
  servingRoleArn: roleArns.serving,
  monitoringRoleArn: roleArns.monitoring,
  schedulerRoleArn: roleArns.scheduler,
  deployerRoleArn: deployer?.roleArn ?? "",
  approverPolicyArn: approval.policyArn,
};
export = outputs;
