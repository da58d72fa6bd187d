import type { RetryPolicy } from "./definition";

/** Retries of a policy without a limit of number or time. Source: {@link maxRetries}. */
const defaultMaxAttempts = 5;

/**
 * Max retries of a policy: by their number, or by the minutes after which none begins, because waits do not decrease.
 * Source: SageMaker's guide, "Retry Policy for Pipeline Steps".
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
