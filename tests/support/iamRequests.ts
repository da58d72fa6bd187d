import type { Program } from "../../offline/program";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { program } from "./definitions";
import type { IamRequest } from "./iam";

/** The things of the stack test that requests are about. */
export const bucket = "arn:aws:s3:::sagemaker-restate-test-111122223333";
export const key = "arn:aws:kms:us-east-1:111122223333:key/data-key";
export const arn = (service: string, path: string): string =>
  `arn:aws:${service}:us-east-1:111122223333:${path}`;
export const role = (name: string): string => `arn:aws:iam::111122223333:role/${name}`;
export const passed = { "iam:PassedToService": "sagemaker.amazonaws.com" };
export const throughS3 = { "kms:ViaService": "s3.us-east-1.amazonaws.com" };

/** A request to the stack's bucket, through the S3 endpoint of its network. */
export const s3 = (
  action: string,
  path: string,
  context: NonNullable<IamRequest["context"]> = {},
): IamRequest => ({
  action: `s3:${action}`,
  resource: `${bucket}${path}`,
  context,
  endpoint: "network-s3",
});
/** A request. */
export const call = (
  action: string,
  resource: string,
  context: NonNullable<IamRequest["context"]> = {},
): IamRequest => ({
  action,
  resource,
  context,
});

/** What is there and carries the stack's tag, and another stack's. */
export const ours = { "aws:ResourceTag/stack": "test" };
export const theirs = { "aws:ResourceTag/stack": "prod" };
/** What is being made with the stack's tag. */
export const tagged = { "aws:RequestTag/stack": "test" };

/** An account that may read the models. */
export const consumer = "444455556666";
/** The policy that limits all roles, which the stack makes. */
export const boundary = "arn:aws:iam::111122223333:policy/restate-test-boundary";
/** A request in words. */
export const describeRequest = ({ action, context, resource }: IamRequest): string =>
  [action, resource, ...Object.entries(context ?? {}).map((pair) => pair.join("="))].join(" ");

/** The program with all that has a role or a policy. */
export const everyActor = (): Promise<Program> =>
  program({
    crawler: "on-demand",
    dataset: { ...californiaHousing, partitions: [{ name: "year", type: "int" }] },
    deployers: ["repo:team/houses:environment:test"],
    encryptCatalog: true,
    network: { mode: "create", flowLogs: true },
    modelConsumers: [consumer],
    tracking: "both",
    mlflowLogging: "outside-network",
  });
