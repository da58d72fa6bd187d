import { athenaInput } from "./athenaInput";
import type { Calls } from "./call";
import { crawler } from "./crawler";
import { dataWrangler } from "./dataWrangler";
import { evaluation } from "./evaluation";
import { flowLogs } from "./flowLogs";
import { monitoring } from "./monitoring";
import { pipeline } from "./pipeline";
import { processing } from "./processing";
import { qualityCheck } from "./qualityCheck";
import { registerModel } from "./registerModel";
import { scheduler } from "./scheduler";
import { serving } from "./serving";
import { training } from "./training";
import { transform } from "./transform";

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
 * What AWS does around each kind of job, in whose name, and how that is known: the one place for such beliefs.
 * The tests hold the roles, the bucket's and the key's policies, and those of VPC endpoints to it, and
 * docs/security.md prints it.
 */
export const calls = {
  pipeline,
  athenaInput,
  dataWrangler,
  processing,
  training,
  transform,
  evaluation,
  qualityCheck,
  registerModel,
  scheduler,
  serving,
  monitoring,
  crawler,
  flowLogs,
} as const satisfies Readonly<Record<string, Calls>>;

/** A kind of job, as far as AWS treats it in a way of its own. */
export type JobKind = keyof typeof calls;
