/** The paths that an attacker may try, and what IAM answers: docs/security.md prints them, a test asks a simulator. */

/** Something that is tried. */
export interface AttackPath {
  /** Who tries it: a role of the stack, `*` for a role of the account that may do everything, or a person's right. */
  readonly actor: string;
  /** What for, in words. */
  readonly goal: string;
  readonly action: string;
  /** ARN in the stack `test` of the account 111122223333. */
  readonly resource: string;
  /** Condition keys of the request. Default: none. */
  readonly context?: Readonly<Record<string, string>>;
  /** Whether the role's own policy has been changed to allow everything, so that its boundary decides. Default: not. */
  readonly widened?: boolean;
  /** Account of who asks, where it is another. */
  readonly caller?: string;
  readonly answer: "allowed" | "denied";
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
    goal: "register a model as approved, by a parameter of the start",
    action: "sagemaker:CreateModelPackage",
    resource: model,
    context: approved,
    answer: "denied",
    by: "the role's condition on the status",
  },
  {
    actor: "pipeline",
    goal: "approve a model",
    action: "sagemaker:UpdateModelPackage",
    resource: model,
    context: approved,
    answer: "denied",
    by: "the role",
  },
  {
    actor: "deployer",
    goal: "approve a model, by a change of its own policies",
    action: "sagemaker:UpdateModelPackage",
    resource: model,
    context: approved,
    widened: true,
    answer: "denied",
    by: "the deployer's boundary",
  },
  {
    actor: "approver",
    goal: "approve a model",
    action: "sagemaker:UpdateModelPackage",
    resource: model,
    context: approved,
    answer: "allowed",
    by: "the exported policy: this is what it is for",
  },
  {
    actor: "training",
    goal: "take the training data away with a session that left its job",
    action: "s3:GetObject",
    resource: object("executions/abc/train/train.csv"),
    answer: "denied",
    by: "the bucket's policy: not through the endpoint",
  },
  {
    actor: "training",
    goal: "write data to a bucket elsewhere",
    action: "s3:PutObject",
    resource: "arn:aws:s3:::bucket-of-the-attacker/stolen.csv",
    answer: "denied",
    by: "the role, and the S3 endpoint",
  },
  {
    actor: "training",
    goal: "become another role, with every right in its policy",
    action: "sts:AssumeRole",
    resource: role("Administrator"),
    widened: true,
    answer: "denied",
    by: "the roles' boundary",
  },
  {
    actor: "training",
    goal: "give itself rights, with every right in its policy",
    action: "iam:PutRolePolicy",
    resource: role("restate-test-training"),
    context: within,
    widened: true,
    answer: "denied",
    by: "the roles' boundary",
  },
  {
    actor: "processing",
    goal: "read a model",
    action: "s3:GetObject",
    resource: object("models/XGBoost/job/output/model.tar.gz"),
    answer: "denied",
    by: "the role",
  },
  {
    actor: "pipeline",
    goal: "start a job outside the network",
    action: "sagemaker:CreateProcessingJob",
    resource: arn("sagemaker", "processing-job/pipelines-abc-job"),
    context: { "aws:RequestTag/stack": "test" },
    answer: "denied",
    by: "the role's conditions on subnets, groups, keys and traffic",
  },
  {
    actor: "pipeline",
    goal: "stop another team's tuning",
    action: "sagemaker:StopHyperParameterTuningJob",
    resource: arn("sagemaker", "hyper-parameter-tuning-job/theirs"),
    answer: "denied",
    by: "the role's condition on the tag",
  },
  {
    actor: "pipeline",
    goal: "put the stack's tag on another team's job",
    action: "sagemaker:AddTags",
    resource: arn("sagemaker", "processing-job/pipelines-theirs"),
    context: { "aws:RequestTag/stack": "test" },
    answer: "denied",
    by: "the role's condition: only while a job is created",
  },
  {
    actor: "pipeline",
    goal: "run a job as an administrator",
    action: "iam:PassRole",
    resource: role("Administrator"),
    context: passed,
    answer: "denied",
    by: "the role",
  },
  {
    actor: "deployer",
    goal: "widen itself",
    action: "iam:PutRolePolicy",
    resource: role("restate-test-deployer"),
    context: within,
    widened: true,
    answer: "denied",
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "widen the boundary of roles",
    action: "iam:CreatePolicyVersion",
    resource: policy("restate-test-boundary"),
    widened: true,
    answer: "denied",
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "make a role without a boundary",
    action: "iam:CreateRole",
    resource: role("restate-test-training"),
    widened: true,
    answer: "denied",
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "change the trust of a role that has no boundary",
    action: "iam:UpdateAssumeRolePolicy",
    resource: role("restate-test-training"),
    widened: true,
    answer: "denied",
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "run its code in the name of a role",
    action: "sagemaker:CreateTrainingJob",
    resource: arn("sagemaker", "training-job/mine"),
    widened: true,
    answer: "denied",
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "open a role of the stack to itself, and become it",
    action: "sts:AssumeRole",
    resource: role("restate-test-training"),
    widened: true,
    answer: "denied",
    by: "the deployer's boundary",
  },
  {
    actor: "deployer",
    goal: "change what the stack test-eu has",
    action: "events:PutRule",
    resource: arn("events", "rule/restate-test-eu-start"),
    answer: "denied",
    by: "whole names in its policies",
  },
  {
    actor: "deployer",
    goal: "have a rule start something else",
    action: "events:PutTargets",
    resource: arn("events", "rule/restate-test-approval"),
    context: { "events:TargetArn": arn("lambda", "function:mine") },
    answer: "denied",
    by: "its condition on targets",
  },
  {
    actor: "deployer",
    goal: "read the data that models are trained on",
    action: "s3:GetObject",
    resource: object("executions/abc/train/train.csv"),
    answer: "denied",
    by: "its policies",
  },
  {
    actor: "deployer",
    goal: "open a role of the stack to another account",
    action: "iam:UpdateAssumeRolePolicy",
    resource: role("restate-test-training"),
    context: within,
    answer: "allowed",
    by: "nothing: see below what remains",
  },
  {
    actor: "deployer",
    goal: "open the bucket",
    action: "s3:PutBucketPolicy",
    resource: "arn:aws:s3:::sagemaker-restate-test-111122223333",
    answer: "allowed",
    by: "nothing of IAM: the policy pack refuses it, and see below",
  },
  {
    actor: "*",
    goal: "read a model from an account that config does not name",
    action: "s3:GetObject",
    resource: object("models/XGBoost/job/output/model.tar.gz"),
    caller: "999988887777",
    answer: "denied",
    by: "the bucket's policy names no such account",
  },
];

/** The table of the paths. */
export function attackPathsTable(): string {
  const cells = attackPaths.map(({ action, actor, answer, by, caller, goal, widened }) => [
    (actor === "*" ? "any role" : actor) + (caller === undefined ? "" : " elsewhere"),
    goal + (widened === true ? " (whatever its policies say)" : ""),
    `\`${action}\``,
    answer,
    by,
  ]);
  const head = ["Who", "Tries to", "By", "Answer", "Decided by"];
  return [head, head.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
