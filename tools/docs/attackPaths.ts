/** Attacks with IAM's decision on each: docs/security.md lists them, and a test checks them with a simulator. */

/** One attempt. */
interface AttackPath {
  /** The actor: a role of the stack, `*` for a role of the account that may do everything, or a person. */
  readonly actor: string;
  /** What the actor tries to do. */
  readonly goal: string;
  readonly action: string;
  /** ARN in the stack `test` of the account 111122223333. */
  readonly resource: string;
  /** Condition keys of the request. Default: none. */
  readonly context?: Readonly<Record<string, string>>;
  /** Whether the role's own policy allows everything, so that its boundary decides. Default: false. */
  readonly widened?: boolean;
  /** Whether the resource's policy, or the role's trust, allows its session everything. Default: false. */
  readonly opened?: boolean;
  /** The caller's account, if it is another. */
  readonly caller?: string;
  /** Whether it succeeds. Default: false. */
  readonly isAllowed?: boolean;
  /** What decides. */
  readonly by: string;
}

const arn = (service: string, path: string): string =>
  `arn:aws:${service}:us-east-1:111122223333:${path}`;
const role = (name: string): string => `arn:aws:iam::111122223333:role/${name}`;
const policy = (name: string): string => `arn:aws:iam::111122223333:policy/${name}`;
const object = (key: string): string => `arn:aws:s3:::sagemaker-restate-test-111122223333/${key}`;
const model = arn("sagemaker", "model-package/restate-test/1");
const approved = { "sagemaker:ModelApprovalStatus": "Approved" };
const within = { "iam:PermissionsBoundary": policy("restate-test-boundary") };
const passed = { "iam:PassedToService": "sagemaker.amazonaws.com" };

export const attackPaths: readonly AttackPath[] = [
  {
    actor: "pipeline",
    goal: "register a model as approved, through a parameter of the execution",
    action: "sagemaker:CreateModelPackage",
    resource: model,
    context: approved,
    by: "the role's condition on the status",
  },
  {
    actor: "pipeline",
    goal: "approve a model",
    action: "sagemaker:UpdateModelPackage",
    resource: model,
    context: approved,
    by: "the role",
  },
  {
    actor: "pipeline",
    goal: "approve a model of a group whose policy was opened to it",
    action: "sagemaker:UpdateModelPackage",
    resource: model,
    context: approved,
    widened: true,
    opened: true,
    by: "the roles' boundary",
  },
  {
    actor: "deployer",
    goal: "approve a model after changing its own policies",
    action: "sagemaker:UpdateModelPackage",
    resource: model,
    context: approved,
    widened: true,
    opened: true,
    by: "the deployer's boundary",
  },
  {
    actor: "approver",
    goal: "approve a model",
    action: "sagemaker:UpdateModelPackage",
    resource: model,
    context: approved,
    isAllowed: true,
    by: "the exported policy: this is its purpose",
  },
  {
    actor: "training",
    goal: "take the training data with a session outside its job",
    action: "s3:GetObject",
    resource: object("executions/abc/train/train.csv"),
    by: "the bucket's policy: not through the endpoint",
  },
  {
    actor: "training",
    goal: "write data to another bucket",
    action: "s3:PutObject",
    resource: "arn:aws:s3:::bucket-of-the-attacker/stolen.csv",
    by: "the role, and the S3 endpoint",
  },
  {
    actor: "training",
    goal: "assume another role",
    action: "sts:AssumeRole",
    resource: role("Administrator"),
    widened: true,
    opened: true,
    by: "the roles' boundary",
  },
  {
    actor: "training",
    goal: "give itself permissions",
    action: "iam:PutRolePolicy",
    resource: role("restate-test-training"),
    context: within,
    widened: true,
    by: "the roles' boundary",
  },
  {
    actor: "processing",
    goal: "read a model",
    action: "s3:GetObject",
    resource: object("models/XGBoost/job/output/model.tar.gz"),
    by: "the role",
  },
  {
    actor: "pipeline",
    goal: "start a job outside the network",
    action: "sagemaker:CreateProcessingJob",
    resource: arn("sagemaker", "processing-job/pipelines-abc-job"),
    context: { "aws:RequestTag/stack": "test" },
    by: "the role's conditions on subnets, groups, keys and traffic",
  },
  {
    actor: "pipeline",
    goal: "stop another team's tuning",
    action: "sagemaker:StopHyperParameterTuningJob",
    resource: arn("sagemaker", "hyper-parameter-tuning-job/theirs"),
    by: "the role's condition on the tag",
  },
  {
    actor: "pipeline",
    goal: "delete what another stack tracks in MLflow",
    action: "sagemaker:CallMlflowAppApi",
    resource: arn("sagemaker", "mlflow-app/app-THEIRS"),
    context: { "aws:ResourceTag/stack": "prod" },
    widened: true,
    by: "the roles' boundary: its condition on the tag",
  },
  {
    actor: "logging",
    goal: "take the training data out of the network",
    action: "s3:GetObject",
    resource: object("executions/abc/train/train.csv"),
    by: "the role",
  },
  {
    actor: "logging",
    goal: "start a job with a role that reads the data",
    action: "iam:PassRole",
    resource: role("restate-test-processing"),
    context: passed,
    by: "the role",
  },
  {
    actor: "pipeline",
    goal: "put the stack's tag on another team's job",
    action: "sagemaker:AddTags",
    resource: arn("sagemaker", "processing-job/pipelines-theirs"),
    context: { "aws:RequestTag/stack": "test" },
    by: "the role's condition: only when a job is created",
  },
  {
    actor: "pipeline",
    goal: "transform data with another team's model and its role",
    action: "sagemaker:CreateTransformJob",
    resource: arn("sagemaker", "transform-job/pipelines-abc-job"),
    context: {
      "aws:RequestTag/stack": "test",
      "sagemaker:ModelArn": arn("sagemaker", "model/salaries"),
      "sagemaker:OutputKmsKeyArn": arn("kms", "key/data-key"),
      "sagemaker:VolumeKmsKeyArn": arn("kms", "key/data-key"),
    },
    by: "the role's condition on the model",
  },
  {
    actor: "pipeline",
    goal: "run a job as an administrator",
    action: "iam:PassRole",
    resource: role("Administrator"),
    context: passed,
    by: "the role",
  },
  {
    actor: "deployer",
    goal: "give itself more permissions",
    action: "iam:PutRolePolicy",
    resource: role("restate-test-deployer"),
    context: within,
    widened: true,
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "widen the roles' boundary",
    action: "iam:CreatePolicyVersion",
    resource: policy("restate-test-boundary"),
    widened: true,
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "create a role without a boundary",
    action: "iam:CreateRole",
    resource: role("restate-test-training"),
    widened: true,
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "change the trust of a role that has no boundary",
    action: "iam:UpdateAssumeRolePolicy",
    resource: role("restate-test-training"),
    widened: true,
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "run its code in a job with a role of the stack",
    action: "sagemaker:CreateTrainingJob",
    resource: arn("sagemaker", "training-job/mine"),
    widened: true,
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "run its code in Glue with a role of the stack",
    action: "glue:CreateJob",
    resource: arn("glue", "job/mine"),
    widened: true,
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "run its code in Athena with a role of the stack",
    action: "athena:StartSession",
    resource: arn("athena", "workgroup/restate-test"),
    widened: true,
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "push another image under a tag in use",
    action: "ecr:PutImageTagMutability",
    resource: arn("ecr", "repository/restate-test-decision-tree"),
    by: "its policies: tags stay immutable, and images stay if the stack is protected",
  },
  {
    actor: "deployer",
    goal: "hand a job's role to another service",
    action: "iam:PassRole",
    resource: role("restate-test-training"),
    context: { "iam:PassedToService": "scheduler.amazonaws.com" },
    by: "its condition on the service of each role",
  },
  {
    actor: "deployer",
    goal: "open another team's security group",
    action: "ec2:AuthorizeSecurityGroupIngress",
    resource: arn("ec2", "security-group/sg-theirs"),
    context: { "aws:RequestTag/stack": "test" },
    by: "its condition on the group's tag",
  },
  {
    actor: "deployer",
    goal: "let an alarm stop another team's instances",
    action: "cloudwatch:PutMetricAlarm",
    resource: arn("cloudwatch", "alarm:restate-test-model-latency"),
    context: { "cloudwatch:AlarmActions": "arn:aws:automate:us-east-1:ec2:terminate" },
    by: "its condition on alarms' actions",
  },
  {
    actor: "deployer",
    goal: "let itself assume a role of the stack",
    action: "sts:AssumeRole",
    resource: role("restate-test-training"),
    widened: true,
    opened: true,
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "change a resource of the stack test-eu",
    action: "events:PutRule",
    resource: arn("events", "rule/restate-test-eu-start"),
    by: "full resource names in its policies",
  },
  {
    actor: "deployer",
    goal: "make a rule start something else",
    action: "events:PutTargets",
    resource: arn("events", "rule/restate-test-approval"),
    context: { "events:TargetArn": arn("lambda", "function:mine") },
    by: "its condition on targets",
  },
  {
    actor: "deployer",
    goal: "read the data that models are trained on",
    action: "s3:GetObject",
    resource: object("executions/abc/train/train.csv"),
    by: "its policies",
  },
  {
    actor: "deployer",
    goal: "have the pipeline's jobs run its code",
    action: "sagemaker:UpdatePipeline",
    resource: arn("sagemaker", "pipeline/restate-test"),
    isAllowed: true,
    by: "this is its purpose: the reviewed plan and the policy pack limit it; see Limitations",
  },
  {
    actor: "deployer",
    goal: "run its code in an endpoint, with the role serving",
    action: "sagemaker:CreateModel",
    resource: arn("sagemaker", "model/restate-test-model-v1-mine"),
    isAllowed: true,
    by: "nothing in IAM: the policy pack requires models of the registry; see Limitations",
  },
  {
    actor: "deployer",
    goal: "let another account approve models, if models are shared",
    action: "sagemaker:PutModelPackageGroupPolicy",
    resource: arn("sagemaker", "model-package-group/restate-test"),
    isAllowed: true,
    by: "nothing in IAM: the policy pack lets others only read; see Limitations",
  },
  {
    actor: "processing",
    goal: "query the table with a session outside its job",
    action: "athena:StartQueryExecution",
    resource: arn("athena", "workgroup/restate-test"),
    isAllowed: true,
    by: "nothing: see Limitations",
  },
  {
    actor: "deployer",
    goal: "open a role of the stack to another account",
    action: "iam:UpdateAssumeRolePolicy",
    resource: role("restate-test-training"),
    context: within,
    isAllowed: true,
    by: "nothing: see Limitations",
  },
  {
    actor: "deployer",
    goal: "open the bucket",
    action: "s3:PutBucketPolicy",
    resource: "arn:aws:s3:::sagemaker-restate-test-111122223333",
    isAllowed: true,
    by: "nothing in IAM: the policy pack rejects it; see Limitations",
  },
  {
    actor: "*",
    goal: "encrypt objects of the bucket under a key of its own",
    action: "s3:PutObject",
    resource: object("models/XGBoost/job/output/model.tar.gz"),
    context: { "s3:x-amz-server-side-encryption-customer-algorithm": "AES256" },
    by: "the bucket's policy",
  },
  {
    actor: "*",
    goal: "read a model, from an account that the configuration does not list",
    action: "s3:GetObject",
    resource: object("models/XGBoost/job/output/model.tar.gz"),
    caller: "999988887777",
    by: "the bucket's policy, which does not list the account",
  },
];

export function attackPathsTable(): string {
  const cells = attackPaths.map(
    ({ action, actor, by, caller, goal, isAllowed, opened, widened }) => [
      (actor === "*" ? "any role" : actor) + (caller === undefined ? "" : " in another account"),
      goal +
        (widened === true
          ? ` (whatever its policies${opened === true ? " and the resource's" : ""} say)`
          : ""),
      `\`${action}\``,
      isAllowed === true ? "allowed" : "denied",
      by,
    ],
  );
  const head = ["Actor", "Attempt", "Action", "Result", "Decided by"];
  return [head, head.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
