import type { Metrics } from "../sageMaker/metrics";
import type { Diagnoses } from "./diagnosis";
import { decimal, score, significant } from "./numbers";

/** With fewer test rows a score says little: on other rows it could be quite different. */
const minTestRows = 100;

/** Names as a list in a sentence. */
function listed(names: readonly string[]): string {
  return names.length < 2
    ? names.join("")
    : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

/** A candidate and its scores on the test rows. */
interface Scored {
  readonly name: string;
  readonly metrics?: Pick<Metrics, "crossValidation" | "r2" | "rows" | "sampleWeight"> | undefined;
}

/** What weights the metrics, with R² of rows that all count the same. */
function weightLine(candidates: readonly Scored[]): readonly string[] {
  const known = candidates.flatMap(({ metrics: { sampleWeight: one } = {}, name }) =>
    one === undefined ? [] : [{ name, ...one }],
  );
  const scores = known.map(({ name, unweightedR2 }) => `${name} ${score(unweightedR2)}`);
  return known
    .slice(0, 1)
    .map(({ column }) => `metrics are weighted by ${column}; unweighted R²: ${scores.join(", ")}`);
}

/** How much R² varies with the rows, for each candidate with cross-validation. */
function crossValidationLine(
  candidates: readonly Scored[],
  winner: string | undefined,
): readonly string[] {
  const known = candidates.flatMap(({ metrics: { crossValidation: one } = {}, name }) =>
    one === undefined ? [] : [{ name, ...one }],
  );
  const [first] = known;
  if (first === undefined) {
    return [];
  }
  const scores = known.map(
    ({ deviation, mean, name }) => `${name} R² ${score(mean)} ± ${score(deviation)}`,
  );
  const best = Math.max(...known.map(({ mean }) => mean));
  const decides =
    known.length > 1 &&
    known.length === candidates.length &&
    known.some(({ mean, name }) => name === winner && mean === best);
  return [
    `cross-validation: ${scores.join(", ")} (mean and standard deviation of ${first.models} models on other rows` +
      `${decides ? "; the best mean wins" : ""})`,
  ];
}

/** A warning for each candidate of which nothing could be analysed, so that the report lacks it. */
export function analysisWarnings({ candidates }: Diagnoses): readonly string[] {
  return candidates.flatMap(({ name, problem, splits }) =>
    problem === undefined || splits.test !== undefined
      ? []
      : [`warning: ${name} could not be analysed for the report: ${problem}`],
  );
}

/**
 * Remarks that qualify the best R², one line each: weights, few test rows, candidates that are not distinguishable on them, and
 * the baselines.
 *
 * @param winner the candidate that was registered; if there is none, the remarks are about the best one
 */
export function remarks(
  candidates: readonly Scored[],
  winner: string | undefined,
  { baseline, comparison }: Diagnoses,
): readonly string[] {
  const [best] = [...candidates].sort(
    (left, right) => (right.metrics?.r2 ?? -Infinity) - (left.metrics?.r2 ?? -Infinity),
  );
  const { metrics, name = "" } = candidates.find((one) => one.name === winner) ?? best ?? {};
  if (metrics === undefined) {
    return [];
  }
  const lines = [...weightLine(candidates)];
  if (metrics.rows !== undefined && metrics.rows < minTestRows) {
    lines.push(`warning: R² ${score(metrics.r2)} on ${metrics.rows} test rows says little`);
  }
  lines.push(...crossValidationLine(candidates, winner));
  if (comparison?.name === name) {
    const ties = comparison.differences.filter(({ low, high }) => low <= 0 && high >= 0);
    if (ties.length > 0) {
      const names = listed([name, ...ties.map((one) => one.name)]);
      const all = metrics.rows ?? comparison.rows;
      const rows = decimal(comparison.rows, 0);
      const compared = comparison.rows < all ? `${rows} of the ${decimal(all, 0)}` : rows;
      lines.push(`${names}: a tie within the noise of ${compared} test rows`);
    }
  }
  if (baseline !== undefined) {
    const beaten = baseline.r2 < metrics.r2 ? "" : `, which ${name} does not beat`;
    lines.push(
      `baseline: ${baseline.column} alone R² ${score(baseline.r2)} ` +
        `(RMSE ${significant(baseline.rmse)}; of the mean ${significant(baseline.meanRmse)})${beaten}`,
    );
  }
  return lines;
}
