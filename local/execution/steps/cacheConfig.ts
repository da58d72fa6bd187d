import type { CacheConfig } from "../../../pipeline/language/definition";

const duration =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i;

/** Seconds of a year, month, week, day, hour, minute and second, in the order of {@link duration}. */
const units = [365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1];

/**
 * The seconds for which a result may stand in for a step, by its CacheConfig: 0 where it says no, and for
 * ever where there is none. Unlike SageMaker, a local run knows the content of all inputs, so it need not be
 * told that a step's result can be reused.
 */
export function cacheSeconds(config: CacheConfig | null | undefined): number {
  if (!config) {
    return Infinity;
  }
  if (!config.Enabled) {
    return 0;
  }
  const parts: readonly (string | undefined)[] | undefined = duration
    .exec(config.ExpireAfter ?? "")
    ?.slice(1);
  return parts === undefined
    ? Infinity
    : parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (units[index] ?? 0), 0);
}
