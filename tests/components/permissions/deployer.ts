import {
  arn,
  boundary,
  bucket,
  call,
  key,
  ours,
  passed,
  role,
  tagged,
  theirs,
} from "../../support/iamRequests";
import {
  type Actor,
  beyondAll,
  type Context,
  mlflowApp,
  otherTag,
  withAllRights,
  withBoundary,
} from "./requests";

const ownTag = (of: string, stack = "test"): Readonly<Record<string, string>> => ({
  [`aws:${of}Tag/stack`]: stack,
});

/** What a deployer may not do, whatever its policies say: change itself or the boundaries, run or approve anything. */
const beyondDeployer = [
  ...beyondAll,
  ...[
    ...["restate-test-deployer", "Administrator", "restate-prod-training"].flatMap((name) => [
      call("iam:PutRolePolicy", role(name), withBoundary(boundary)),
      call("iam:UpdateAssumeRolePolicy", role(name), withBoundary(boundary)),
      call("iam:PutRolePermissionsBoundary", role(name), withBoundary(boundary)),
      call("iam:DeleteRole", role(name), withBoundary(boundary)),
      call("iam:PassRole", role(name), passed),
      call("iam:TagRole", role(name)),
    ]),
    ...["boundary", "deployer-boundary", "deployer-data", "approver"].flatMap((name) =>
      ["CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion"].map(
        (action) => call(`iam:${action}`, `arn:aws:iam::111122223333:policy/restate-test-${name}`),
      ),
    ),
    call("iam:CreateRole", role("restate-test-training")),
    call("iam:CreateRole", role("restate-test-training"), withBoundary(`${boundary}2`)),
    call("iam:UpdateAssumeRolePolicy", role("restate-test-training")),
    call("iam:UpdateRole", role("restate-test-training")),
    call(
      "iam:DeleteRolePermissionsBoundary",
      role("restate-test-training"),
      withBoundary(boundary),
    ),
    call("iam:AttachRolePolicy", role("restate-test-training"), withBoundary(boundary)),
    call("iam:CreateUser", "arn:aws:iam::111122223333:user/mine"),
    call("iam:CreateAccessKey", "arn:aws:iam::111122223333:user/mine"),
    call("sagemaker:CreateTrainingJob", arn("sagemaker", "training-job/mine")),
    call("sagemaker:CreateNotebookInstance", arn("sagemaker", "notebook-instance/mine")),
    call("ec2:RunInstances", arn("ec2", "instance/*")),
    call("lambda:CreateFunction", arn("lambda", "function:any")),
    // Other ways to run code in the name of a role.
    call("glue:CreateJob", arn("glue", "job/mine")),
    call("glue:CreateSession", arn("glue", "session/mine")),
    call("glue:CreateDevEndpoint", "*"),
    call("sagemaker:CreateCluster", arn("sagemaker", "cluster/mine")),
    call("sagemaker:CreateCompilationJob", arn("sagemaker", "compilation-job/mine")),
    call("sagemaker:StartPipelineExecution", arn("sagemaker", "pipeline/theirs")),
    call("athena:StartSession", arn("athena", "workgroup/restate-test")),
    call("sagemaker:UpdateNotebookInstance", arn("sagemaker", "notebook-instance/theirs")),
  ].map(withAllRights),
];

/** What the stack test-eu has, whose name begins with test's. */
const longerName = [
  call("events:PutRule", arn("events", "rule/restate-test-eu-approval")),
  call("events:DeleteRule", arn("events", "rule/restate-test-eu-start")),
  call("scheduler:UpdateSchedule", arn("scheduler", "schedule/default/restate-test-eu-start")),
  call("cloudwatch:DeleteAlarms", arn("cloudwatch", "alarm:restate-test-eu-execution-failed")),
  call("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:restate-test-eu-model-latency")),
  call("sagemaker:DeleteEndpoint", arn("sagemaker", "endpoint/restate-test-eu-model")),
  call("sagemaker:UpdateEndpoint", arn("sagemaker", "endpoint/restate-test-eu-model-serverless")),
  call("sagemaker:DeleteModel", arn("sagemaker", "model/restate-test-eu-model-v1-012345")),
  call(
    "sagemaker:DeleteMonitoringSchedule",
    arn("sagemaker", "monitoring-schedule/restate-test-eu-model-data-quality"),
  ),
  call("sagemaker:DeleteImage", arn("sagemaker", "image/restate-test-eu-dtree")),
  call("sns:DeleteTopic", arn("sns", "restate-test-eu")),
  call("budgets:ModifyBudget", "arn:aws:budgets::111122223333:budget/restate-test-eu"),
  call("iam:PutRolePolicy", role("restate-test-eu-training"), withBoundary(boundary)),
  call("iam:GetPolicy", "arn:aws:iam::111122223333:policy/restate-test-eu-deployer-data"),
];

const to = (service: string): Readonly<Record<string, string>> => ({
  "iam:PassedToService": `${service}.amazonaws.com`,
});

/** What the deployer makes of a network, by the kind that each action creates. */
const newNetwork: Readonly<Record<string, readonly string[]>> = {
  vpc: ["CreateVpc"],
  subnet: ["CreateSubnet"],
  "route-table": ["CreateRouteTable"],
  "security-group": ["CreateSecurityGroup"],
  "vpc-endpoint": ["CreateVpcEndpoint"],
  "vpc-flow-log": ["CreateFlowLogs"],
  "security-group-rule": ["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"],
};
/** The kinds that are there already, by the actions that are about them too. Source: Service Authorization Reference, EC2. */
const oldNetwork: Readonly<Record<string, readonly string[]>> = {
  CreateSubnet: ["vpc"],
  CreateRouteTable: ["vpc"],
  CreateSecurityGroup: ["vpc"],
  CreateVpcEndpoint: ["route-table", "security-group", "subnet", "vpc"],
  CreateFlowLogs: ["subnet", "vpc"],
  AuthorizeSecurityGroupEgress: ["security-group"],
  AuthorizeSecurityGroupIngress: ["security-group"],
};

/** Who deploys the stack from GitHub. */
export const deployer: Readonly<Record<string, Actor>> = {
  deployer: {
    may: [
      call("s3:CreateBucket", bucket),
      call("s3:PutBucketPolicy", bucket),
      call("s3:PutObject", `${bucket}/pipeline/0123456789abcdef/preprocess.py`),
      call("kms:PutKeyPolicy", key),
      call("kms:TagResource", key, ownTag("Request")),
      call("glue:CreateCrawler", "*", ownTag("Request")),
      call("glue:UpdateTable", arn("glue", "table/restate_test/california_housing")),
      call("athena:UpdateWorkGroup", arn("athena", "workgroup/restate-test")),
      call("ecr:PutImage", arn("ecr", "repository/restate-test-decision-tree")),
      call("sagemaker:UpdatePipeline", arn("sagemaker", "pipeline/restate-test")),
      call("sagemaker:CreateMlflowApp", mlflowApp, tagged),
      call("sagemaker:AddTags", mlflowApp, {
        ...tagged,
        "sagemaker:TaggingAction": "CreateMlflowApp",
      }),
      ...["DeleteMlflowApp", "DescribeMlflowApp", "ListTags", "UpdateMlflowApp"].map((action) =>
        call(`sagemaker:${action}`, mlflowApp, ours),
      ),
      call(
        "sagemaker:CreateModelPackageGroup",
        arn("sagemaker", "model-package-group/restate-test"),
      ),
      call("iam:CreateRole", role("restate-test-training"), withBoundary(boundary)),
      call("iam:PutRolePolicy", role("restate-test-flow-logs"), withBoundary(boundary)),
      call("iam:PassRole", role("restate-test-pipeline"), passed),
      ...Object.entries({
        scheduler: ["events", "scheduler"],
        crawler: ["glue"],
        "flow-logs": ["vpc-flow-logs"],
      }).flatMap(([name, services]) =>
        services.map((service) => call("iam:PassRole", role(`restate-test-${name}`), to(service))),
      ),
      ...Object.entries(newNetwork).flatMap(([kind, actions]) =>
        actions.map((action) =>
          call(`ec2:${action}`, arn("ec2", `${kind}/new-1`), ownTag("Request")),
        ),
      ),
      call("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:restate-test-model-latency"), {
        "cloudwatch:AlarmActions": [arn("sns", "restate-test")],
      }),
      call("events:PutRule", arn("events", "rule/restate-test-approval")),
      call("events:PutTargets", arn("events", "rule/restate-test-approval"), {
        "events:TargetArn": arn("sns", "restate-test"),
      }),
      call("events:PutTargets", arn("events", "rule/restate-test-model-start"), {
        "events:TargetArn": arn("sagemaker", "pipeline/restate-test"),
      }),
      call("sns:Unsubscribe", arn("sns", "restate-test")),
      call("iam:UpdateAssumeRolePolicy", role("restate-test-training"), withBoundary(boundary)),
      call("iam:UpdateRoleDescription", role("restate-test-training"), withBoundary(boundary)),
      call("iam:GetPolicyVersion", "arn:aws:iam::111122223333:policy/restate-test-approver"),
      call("iam:GetPolicy", boundary),
      call("s3:GetObject", `${bucket}/executions/abc/baseline/constraints.json`),
      call(
        "application-autoscaling:TagResource",
        arn("application-autoscaling", "scalable-target/1"),
        {
          "aws:RequestTag/project": "restate-serving",
        },
      ),
      call("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:restate-test-model-latency")),
      call(
        "sagemaker:CreateMonitoringSchedule",
        arn("sagemaker", "monitoring-schedule/restate-test-model-data-quality"),
      ),
      call("cloudwatch:PutCompositeAlarm", arn("cloudwatch", "alarm:restate-test-model-drift")),
      call("cloudwatch:DescribeAlarms", arn("cloudwatch", "alarm:restate-test-model-drift")),
      call("budgets:TagResource", "arn:aws:budgets::111122223333:budget/restate-test"),
      call("ec2:CreateSubnet", arn("ec2", "subnet/subnet-1"), ownTag("Request")),
      call("ec2:CreateSubnet", arn("ec2", "vpc/vpc-1"), ownTag("Resource")),
      call("ec2:CreateTags", arn("ec2", "subnet/subnet-1"), {
        ...ownTag("Request"),
        "ec2:CreateAction": "CreateSubnet",
      }),
      call("ec2:CreateTags", arn("ec2", "vpc/vpc-1"), ownTag("Resource")),
      call("ec2:RevokeSecurityGroupIngress", arn("ec2", "security-group/sg-1"), ownTag("Resource")),
      call("ec2:DeleteVpc", arn("ec2", "vpc/vpc-1"), ownTag("Resource")),
      call("sagemaker:UpdateEndpoint", arn("sagemaker", "endpoint/restate-test-model")),
      call("sagemaker:CreateModel", arn("sagemaker", "model/restate-test-model-v3-0123456789")),
      call("iam:PassRole", role("restate-test-serving"), passed),
    ],
    mayNot: [
      ...beyondDeployer,
      ...longerName,
      call("events:PutTargets", arn("events", "rule/restate-test-approval"), {
        "events:TargetArn": arn("lambda", "function:mine"),
      }),
      call("events:PutTargets", arn("events", "rule/restate-test-approval")),
      ...["events", "glue", "scheduler", "vpc-flow-logs"].map((service) =>
        call("iam:PassRole", role("restate-test-processing"), to(service)),
      ),
      call("iam:PassRole", role("restate-test-crawler"), passed),
      // The tag is asked for of what is new; of what is there, it must have it.
      ...Object.entries(oldNetwork).flatMap(([action, kinds]) =>
        kinds.map((kind) => call(`ec2:${action}`, arn("ec2", `${kind}/theirs`), ownTag("Request"))),
      ),
      ...["PutCompositeAlarm", "PutMetricAlarm"].map((action) =>
        call(`cloudwatch:${action}`, arn("cloudwatch", "alarm:restate-test-model-latency"), {
          "cloudwatch:AlarmActions": [
            arn("sns", "restate-test"),
            "arn:aws:automate:us-east-1:ec2:terminate",
          ],
        }),
      ),
      call("sns:Unsubscribe", arn("sns", "another-team")),
      call("s3:GetObject", `${bucket}/executions/abc/train/train.csv`),
      call("s3:GetObject", `${bucket}/data/california_housing/cal_housing.data`),
      call("iam:UpdateRoleDescription", role("restate-test-training")),
      call("iam:GetOpenIDConnectProvider", "arn:aws:iam::111122223333:oidc-provider/gitlab.com"),
      ...[{}, { "aws:RequestTag/project": "another" }].map((context) =>
        call(
          "application-autoscaling:TagResource",
          arn("application-autoscaling", "scalable-target/1"),
          context as Context,
        ),
      ),
      call(
        "application-autoscaling:DeregisterScalableTarget",
        arn("application-autoscaling", "scalable-target/1"),
        {
          "application-autoscaling:service-namespace": "sagemaker",
          "aws:ResourceTag/project": "another",
        },
      ),
      call("s3:CreateBucket", "arn:aws:s3:::sagemaker-restate-prod-111122223333"),
      call("s3:GetObject", `${bucket}/models/XGBoost/job/output/model.tar.gz`),
      call("s3:DeleteObject", `${bucket}/models/XGBoost/job/output/model.tar.gz`),
      call("kms:CreateKey", "*", ownTag("Request")),
      call("kms:PutKeyPolicy", arn("kms", "key/another"), ownTag("Resource")),
      // Tags are how the network's things are known: no tag may be put on what another made.
      call("kms:TagResource", arn("kms", "key/another"), ownTag("Request")),
      call("ec2:CreateTags", arn("ec2", "vpc/vpc-2"), ownTag("Request")),
      call("ec2:CreateTags", arn("ec2", "security-group/sg-2"), ownTag("Request")),
      call("ec2:RevokeSecurityGroupIngress", arn("ec2", "security-group/sg-2")),
      call("kms:ScheduleKeyDeletion", arn("kms", "key/another")),
      call("glue:UpdateTable", arn("glue", "table/restate_prod/california_housing")),
      call("ecr:PutImage", arn("ecr", "repository/another-team")),
      // What would let it push other content under a tag, or lock everybody out.
      ...[
        ...["BatchDeleteImage", "DeleteRepository", "PutImageTagMutability", "PutLifecyclePolicy"],
      ].map((action) => call(`ecr:${action}`, arn("ecr", "repository/restate-test-decision-tree"))),
      call("kms:ScheduleKeyDeletion", key),
      call("sagemaker:CreateMlflowApp", mlflowApp, otherTag),
      call("sagemaker:AddTags", mlflowApp, tagged),
      call("sagemaker:CallMlflowAppApi", mlflowApp, ours),
      call("sagemaker:CreatePresignedMlflowAppUrl", mlflowApp, ours),
      ...[theirs, {}].flatMap((context) =>
        ["DeleteMlflowApp", "UpdateMlflowApp"].map((action) =>
          call(`sagemaker:${action}`, mlflowApp, context),
        ),
      ),
      call("sagemaker:UpdatePipeline", arn("sagemaker", "pipeline/restate-prod")),
      call("sagemaker:DeleteModelPackage", arn("sagemaker", "model-package/restate-test/1")),
      call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1")),
      call("iam:CreateRole", role("restate-test-training")),
      call("iam:CreateRole", role("restate-test-training"), withBoundary(`${boundary}er`)),
      call("iam:CreateRole", role("Administrator"), withBoundary(boundary)),
      call("iam:PutRolePolicy", role("restate-test-training")),
      call("iam:DeleteRolePermissionsBoundary", role("restate-test-training")),
      call("iam:AttachRolePolicy", role("restate-test-training"), withBoundary(boundary)),
      call("iam:PutRolePolicy", role("restate-test-deployer"), withBoundary(boundary)),
      call("iam:UpdateAssumeRolePolicy", role("restate-test-deployer")),
      call(
        "iam:CreatePolicyVersion",
        "arn:aws:iam::111122223333:policy/restate-test-deployer-data",
      ),
      call("iam:CreatePolicyVersion", boundary),
      call("iam:PassRole", role("Administrator"), passed),
      call("iam:PassRole", role("restate-test-deployer"), passed),
      call("iam:PassRole", role("restate-test-training"), {
        "iam:PassedToService": "lambda.amazonaws.com",
      }),
      call("ec2:CreateSubnet", arn("ec2", "vpc/vpc-2"), ownTag("Resource", "prod")),
      call("ec2:DeleteVpc", arn("ec2", "vpc/vpc-2")),
      call("ec2:CreateInternetGateway", arn("ec2", "internet-gateway/igw-1"), ownTag("Request")),
      call("sts:AssumeRole", role("restate-test-pipeline")),
      call("sagemaker:UpdateEndpoint", arn("sagemaker", "endpoint/restate-prod-model")),
      call("sagemaker:InvokeEndpoint", arn("sagemaker", "endpoint/restate-test-model")),
    ],
  },
};
