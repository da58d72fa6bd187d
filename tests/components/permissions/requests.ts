import type { IamRequest } from "../../support/iam";
import { arn, boundary, bucket, call, key, passed, role } from "../../support/iamRequests";

/** What an actor must be able to do, and what it must not. */
export interface Actor {
  readonly may: readonly IamRequest[];
  readonly mayNot: readonly IamRequest[];
}

export type Context = NonNullable<IamRequest["context"]>;

export const withBoundary = (arn: string): Readonly<Record<string, string>> => ({
  "iam:PermissionsBoundary": arn,
});

/** A request of a role that somebody has given every right: what its boundary leaves of them. */
export const withAllRights = (request: IamRequest): IamRequest => ({
  ...request,
  whateverPolicies: true,
});

/** A request of such a role, on something whose own policy allows its session everything. */
export const withOpenResource = (request: IamRequest): IamRequest => ({
  ...withAllRights(request),
  opened: true,
});

/** What neither roles of a stack nor its deployer may do, whatever any policy says: approve models, or assume a role. */
export const beyondAll = [
  call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1"), {
    "sagemaker:ModelApprovalStatus": "Approved",
  }),
  call("sts:AssumeRole", role("Administrator")),
  call("sts:AssumeRole", role("restate-test-deployer")),
  call("sts:AssumeRole", role("restate-test-training")),
].map(withOpenResource);

/** What no role of a stack may do, whatever its policy says. */
export const beyondRoles = [
  ...beyondAll,
  ...[
    call("iam:CreateRole", role("restate-test-training"), withBoundary(boundary)),
    call("iam:PutRolePolicy", role("restate-test-training"), withBoundary(boundary)),
    call("iam:PassRole", role("Administrator"), passed),
    call("iam:PassRole", role("restate-test-serving"), passed),
    call("iam:PassRole", role("restate-test-training"), {
      "iam:PassedToService": "ec2.amazonaws.com",
    }),
    call("iam:CreatePolicyVersion", boundary),
    call("sagemaker:CreateModelPackage", arn("sagemaker", "model-package/restate-test/1"), {
      "sagemaker:ModelApprovalStatus": "Approved",
    }),
    call("sagemaker:CreateTrainingJob", arn("sagemaker", "training-job/mine")),
    call("sagemaker:CreateNotebookInstance", arn("sagemaker", "notebook-instance/mine")),
    call("s3:GetObject", "arn:aws:s3:::bucket-of-another-team/salaries.csv"),
    call("s3:PutBucketPolicy", bucket),
    call("kms:Decrypt", arn("kms", "key/another")),
    call("kms:ScheduleKeyDeletion", key),
    call("lambda:InvokeFunction", arn("lambda", "function:any")),
    call("ec2:RunInstances", arn("ec2", "instance/*")),
    call("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:any")),
  ].map(withAllRights),
];

export const mlflowApp = arn("sagemaker", "mlflow-app/app-ABCD1234");
export const otherTag = { "aws:RequestTag/stack": "prod" };
