import type { CacheConfig } from "../../../pipeline/language/definition";

const duration =
  /^P?(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i;

/** Seconds of a year, month, week, day, hour, minute and second, in the order of {@link duration}. */
const units = [365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1];

/**
 * The seconds for which a step may reuse a result of another execution, by its CacheConfig; 0 without one. Durations may
 * omit the P, as in "30d" and "T16m" of "Turn on step caching".
 */
export function cacheSeconds(config: CacheConfig | null | undefined): number {
  if (config?.Enabled !== true) {
    return 0;
  }
  const parts: readonly (string | undefined)[] | undefined = duration
    .exec(config.ExpireAfter ?? "never")
    ?.slice(1);
  return parts === undefined
    ? Infinity
    : parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (units[index] ?? 0), 0);
}
