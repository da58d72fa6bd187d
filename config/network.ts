import { z } from "zod";

import { flag, integer, text } from "../pipeline/configFields";

/** The private ranges: first address, and length of the prefix in bits. */
const privateRanges = [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const;

/** The first bits of an address, as a number. */
function firstBits(address: string, bits: number): number {
  const number = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return Math.floor(number / 2 ** (32 - bits));
}

/** Whether a block is a /16 to /24 of a private range, written with its first address. */
function isPrivateNetwork(block: string): boolean {
  const [address = "", size] = block.split("/");
  const bits = Number(size);
  return (
    bits >= 16 &&
    bits <= 24 &&
    firstBits(address, 32) % 2 ** (32 - bits) === 0 &&
    privateRanges.some(([first, shared]) => firstBits(address, shared) === firstBits(first, shared))
  );
}

const createNetwork = z.strictObject({
  mode: z.literal("create").describe("A network that the stack creates, without internet access."),
  cidrBlock: z
    .cidrv4()
    .refine(isPrivateNetwork, "must be a /16 to /24 of a private range, such as 10.0.0.0/16")
    .default("10.0.0.0/16")
    .describe("Its addresses: a /16 to /24 of a private range."),
  availabilityZones: z
    .union([
      integer(1, 6),
      z
        .array(
          text(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, "must be the name of a zone, such as us-east-1b"),
        )
        .min(1)
        .max(6)
        .refine((names) => new Set(names).size === names.length, "must not list a zone twice"),
    ])
    .default(2)
    .describe(
      "Number of availability zones, each of which has an eighth of the addresses: the first in which AWS has endpoints to " +
        "all services. Or their names, such as `[us-east-1b, us-east-1c]`, so that they stay when AWS has them in others.",
    ),
  flowLogs: flag("Whether to log accepted and rejected connections, for 30 days."),
});

const existingNetwork = z.strictObject({
  mode: z
    .literal("existing")
    .describe("An existing network, with endpoints for the services that jobs call."),
  subnetIds: z
    .array(text(/^subnet-[0-9a-f]{8,17}$/, "must be the id of a subnet"))
    .min(1)
    .max(16)
    .describe("Its subnets."),
  securityGroupIds: z
    .array(text(/^sg-[0-9a-f]{8,17}$/, "must be the id of a security group"))
    .min(1)
    .max(5)
    .describe("Its security groups."),
  s3EndpointId: text(/^vpce-[0-9a-f]{8,17}$/, "must be the id of a VPC endpoint")
    .optional()
    .describe(
      "Its gateway endpoint to S3: the bucket denies the jobs' roles access from anywhere else. Default: it does not.",
    ),
});

const noNetwork = z.strictObject({
  mode: z.literal("none").describe("SageMaker's own network."),
});

/** The network of the pipeline's jobs. Default: one that the stack creates. */
export const networkSchema = z
  .discriminatedUnion("mode", [createNetwork, existingNetwork, noNetwork])
  // Parsed, so that Pulumi.yaml shows every member of the default.
  .prefault(createNetwork.parse({ mode: "create" }));
