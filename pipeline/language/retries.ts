import type { RetryPolicy } from "./definition";

/** Tries again of a policy that limits neither their number nor their time. Source: {@link maxRetries}. */
const defaultMaxAttempts = 5;

/**
 * How often a policy has a failed step tried again, at the most: by their number, or by the minutes after which none
 * begins, since none waits less than the one before. Source: SageMaker's guide, "Retry Policy for Pipeline Steps".
 */
export function maxRetries({
  ExpireAfterMin: minutes,
  IntervalSeconds: interval,
  MaxAttempts: attempts,
}: RetryPolicy): number {
  return (
    attempts ?? (minutes == null ? defaultMaxAttempts : Math.ceil((minutes * 60) / (interval ?? 1)))
  );
}
