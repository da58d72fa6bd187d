import type { Update } from "./settings";

/** Seconds that an update may take apart from its waiting: instances start, and models load. */
const work = 3600;

/** Maximum number of seconds that the provider allows for an update. */
const maxDuration = 14_400;

/** Maximum number of seconds that an update may wait in total. */
export const maxWait = maxDuration - work;

/** Seconds that an update waits in total. */
export function waiting(update: Update): number {
  const steps = update.strategy === "all-at-once" ? 0 : Math.ceil(100 / update.percent);
  const between = update.strategy === "all-at-once" ? 0 : update.waitSeconds;
  const last = update.strategy === "rolling" ? 0 : update.terminationWaitSeconds;
  return (update.strategy === "canary" ? between : steps * between) + last;
}

/** Seconds after which an update has failed. */
export function timeout(update: Update): number {
  return waiting(update) + work;
}
