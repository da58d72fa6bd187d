import { athenaInput } from "./athenaInput";
import type { Calls } from "./call";
import { challenge } from "./challenge";
import { crawler } from "./crawler";
import { dataWrangler } from "./dataWrangler";
import { flowLogs } from "./flowLogs";
import { evaluation, processing, qualityCheck, transform } from "./jobs";
import { logging } from "./logging";
import { monitoring } from "./monitoring";
import { pipeline } from "./pipeline";
import { registerModel } from "./registerModel";
import { scheduler } from "./scheduler";
import { serving } from "./serving";
import { tracking } from "./tracking";
import { training } from "./training";

export { arn, resourceKind } from "./call";
export type { Actor, Call, Calls, Endpoint, Evidence, Job, Named, Stack } from "./call";
export {
  creates,
  type Creation,
  followsTrials,
  grantsVolumes,
  readsPropertyFiles,
  recordsExecution,
} from "./pipeline";

/**
 * What AWS does around each kind of job, with which role, and the evidence: the only place for such beliefs. Tests check
 * the policies of the roles, the bucket, the key and the VPC endpoints against it, and docs/security.md prints it.
 */
export const calls = {
  pipeline,
  athenaInput,
  dataWrangler,
  processing,
  training,
  transform,
  evaluation,
  challenge,
  qualityCheck,
  registerModel,
  scheduler,
  serving,
  monitoring,
  crawler,
  tracking,
  logging,
  flowLogs,
} as const satisfies Readonly<Record<string, Calls>>;

/** A kind of job that AWS treats differently from others. */
export type JobKind = keyof typeof calls;
