import { existsSync, readFileSync } from "node:fs";

import type { MetricDefinition } from "../standins/images";

/** The last non-empty lines of a log. */
export function lastLines(log: string, count = 10): string {
  if (!existsSync(log)) {
    return "";
  }
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-count).join("\n");
}

/**
 * The pattern of a metric. One that begins with `.*` is anchored to the line's start, with the same result: trying it at
 * each position of each line takes seconds for metrics that a log does not have.
 */
function metricPattern(regex: string): RegExp {
  return new RegExp(regex.startsWith(".*") ? `^${regex}` : regex);
}

/** The last value of each metric in a log, by the definitions' regexes. */
export function readMetrics(
  log: string,
  definitions: readonly MetricDefinition[],
): Readonly<Record<string, number>> {
  if (!existsSync(log)) {
    return {};
  }
  const content = readFileSync(log, "utf8");
  const lines = content.split("\n").reverse();
  return Object.fromEntries(
    definitions.flatMap(({ mark = "", name, regex }) => {
      if (!content.includes(mark)) {
        return [];
      }
      const pattern = metricPattern(regex);
      for (const line of lines) {
        const value = Number(pattern.exec(line)?.[1] ?? Number.NaN);
        if (Number.isFinite(value)) {
          return [[name, value]];
        }
      }
      return [];
    }),
  );
}

/** All values of a metric in a log, in order. */
export function readSeries(log: string, regex: string): readonly number[] {
  if (!existsSync(log)) {
    return [];
  }
  const pattern = metricPattern(regex);
  return readFileSync(log, "utf8")
    .split("\n")
    .map((line) => Number(pattern.exec(line)?.[1] ?? Number.NaN))
    .filter(Number.isFinite);
}
