import { z } from "zod";

const createNetwork = z.strictObject({
  /** A network of the stack's own, with no way out. */
  mode: z.literal("create"),
  /** Addresses, a /16 to /24 of a private range. Default 10.0.0.0/16. */
  cidrBlock: z.cidrv4().default("10.0.0.0/16"),
  /** Number of availability zones, 1 to 6. Default 2. */
  availabilityZones: z.int().min(1).max(6).default(2),
  /** Whether connections are logged, for 30 days. Default false. */
  flowLogs: z.boolean().default(false),
});

const existingNetwork = z.strictObject({
  /** A network that is there already, with endpoints to the services that jobs call. */
  mode: z.literal("existing"),
  /** Its subnets, 1 to 16. */
  subnetIds: z
    .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, "must be the id of a subnet"))
    .min(1)
    .max(16),
  /** Its security groups, 1 to 5. */
  securityGroupIds: z
    .array(z.string().regex(/^sg-[0-9a-f]{8,17}$/, "must be the id of a security group"))
    .min(1)
    .max(5),
});

/** SageMaker's own network. */
const noNetwork = z.strictObject({ mode: z.literal("none") });

/** Where the pipeline's jobs run. Default: a network of the stack's own. */
export const networkSchema = z
  .discriminatedUnion("mode", [createNetwork, existingNetwork, noNetwork])
  .prefault({ mode: "create" });

/** Where the pipeline's jobs run. */
export type NetworkSettings = z.output<typeof networkSchema>;
