import type { Update } from "./settings";

/** Seconds that an update may take beside its waiting: instances start, and models load. */
const work = 3600;

/** Seconds that the provider lets an update take. */
const longest = 14_400;

/** Seconds that an update may wait in all. */
export const maxWait = longest - work;

/** Seconds that an update waits in all. */
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
