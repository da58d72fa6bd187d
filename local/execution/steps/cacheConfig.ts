import type { CacheConfig } from "../../../pipeline/language/definition";
import { durationPattern } from "../../../pipeline/language/definitionShapes";

const duration = new RegExp(`^${durationPattern}$`);

/** Seconds of a year, month, week, day, hour, minute and second, in the order of {@link duration}. */
const units = [365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1];

/** The seconds for which a step may reuse a result of another execution, by its CacheConfig; 0 without one. */
export function cacheSeconds(config: CacheConfig | null | undefined): number {
  if (config?.Enabled !== true) {
    return 0;
  }
  const parts: readonly (string | undefined)[] | undefined = duration
    .exec(config.ExpireAfter ?? "")
    ?.slice(1);
  return parts === undefined
    ? Infinity
    : parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (units[index] ?? 0), 0);
}
