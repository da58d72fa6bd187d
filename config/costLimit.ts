import type { Candidate } from "../pipeline/candidates";
import { CostError, executionCost, type StepCost } from "../pipeline/cost/executionCost";
import { pricesWith } from "../pipeline/cost/prices";
import type { PipelineDefinition } from "../pipeline/language/definition";
import { queryScanLimit } from "../pipeline/query";
import type { StackSettings } from "./schema";

/** Min seconds to suggest as a time limit: a shorter one would end trials that are fine. */
const shortestLimit = 600;

/** A change of the configuration that keeps executions within the limit, and how much of a candidate's trials it leaves. */
interface Change {
  readonly text: string;
  readonly left: number;
}

const dollars = (amount: number): string => `$${amount.toFixed(2)}`;

/** Changes of one candidate, each of which is enough alone. */
function changesOf(
  { maxJobs, maxRuntimeInSeconds, name }: Candidate,
  tuning: StepCost,
  allowed: number,
): readonly Change[] {
  const left = allowed / tuning.worst;
  if (left <= 0) {
    return [];
  }
  const jobs = Math.floor(maxJobs * left);
  const seconds = Math.floor(
    tuning.hours * 3600 * left - (tuning.hours * 3600 - maxRuntimeInSeconds),
  );
  return [
    // A shorter time limit is better than fewer trials: trials that are fine end before it.
    ...(seconds >= shortestLimit
      ? [{ text: `maxRuntimeInSeconds of candidate ${name} to ${seconds}`, left: 1 + left }]
      : []),
    ...(jobs >= 1 ? [{ text: `maxJobs of candidate ${name} to ${jobs}`, left }] : []),
  ];
}

/**
 * The problems with an execution's costs: they could exceed `restate:maxCostPerExecution`, or are unknown.
 *
 * @param definition the pipeline's definition for these settings
 * @param region the stack's region, whose prices are used
 */
export function costProblems(
  settings: StackSettings,
  definition: PipelineDefinition,
  region: string,
): readonly string[] {
  const { candidates, maxCostPerExecution: limit } = settings;
  if (limit === undefined) {
    return [];
  }
  const prices = pricesWith(settings.prices);
  if (prices.region !== region) {
    return [
      `restate:prices: are for ${prices.region}, but the stack is in ${region}, and restate:maxCostPerExecution needs ` +
        "its prices: set them, with region",
    ];
  }
  try {
    const { notPriced, steps, worst } = executionCost(definition, {
      prices,
      ofAnyStart: true,
      queryBytes: queryScanLimit,
    });
    const place = "restate:maxCostPerExecution";
    const unbounded = steps.find((step) => step.worst === Infinity);
    if (unbounded !== undefined) {
      return [
        `${place}: step ${unbounded.step} has no time limit, as the batch transform that evaluates a candidate with your ` +
          "own image has none; remove that candidate, or the cost limit",
      ];
    }
    if (notPriced.length > 0) {
      return [`${place}: ${notPriced.join("; ")} has no limit`];
    }
    if (worst <= limit) {
      return [];
    }
    const changes = candidates.flatMap((candidate) => {
      const named = definition.Steps.find(({ DisplayName: name }) => name === candidate.name);
      const tuning = steps.find(({ step }) => step === named?.Name);
      return tuning === undefined
        ? []
        : changesOf(candidate, tuning, tuning.worst - (worst - limit));
    });
    const [least] = [...changes].sort((one, other) => other.left - one.left);
    const dearest = [...steps].sort((one, other) => other.worst - one.worst).slice(0, 3);
    return [
      `${place}: is ${dollars(limit)}, but an execution could cost ${dollars(worst)} (` +
        `${dearest.map((one) => `${one.step} ${dollars(one.worst)}`).join(", ")}); ` +
        (least === undefined
          ? "changing one candidate is not enough: use cheaper instance types, fewer trials and shorter time limits"
          : `lower ${least.text}, or raise the limit`),
    ];
  } catch (error) {
    if (error instanceof CostError) {
      return [`restate:prices: ${error.message}`];
    }
    throw error;
  }
}
