import { type CandidateSteps, foldsDecide } from "./candidateSteps";
import { challengeStep, comparisonStep } from "./comparisonStep";
import type { Preprocess } from "./dataSteps";
import type { DefinitionArgs } from "./definitionArgs";
import type { Step } from "./language/definition";
import { join } from "./language/expressions";
import { parameter } from "./parameters";
import { compare, conditionStep, failStep } from "./steps/condition";

/**
 * Selection by a job, for many candidates or with a champion: it compares their reports and names the winner, and a
 * Condition step per candidate registers the winner, so the definition grows linearly. If the champion stays, no condition
 * holds, and the execution succeeds.
 */
export function comparedSelection(
  args: DefinitionArgs,
  all: readonly CandidateSteps[],
  preprocess: Preprocess,
): readonly Step[] {
  const { champion } = args;
  const names = all.map(({ candidate }) => candidate.name);
  const compared = { names, byFolds: foldsDecide(all) };
  const comparison =
    champion === undefined
      ? comparisonStep(args, compared)
      : challengeStep(args, champion, compared, preprocess);
  const floor = args.minimumR2Floor;
  // The job compares the winner with the parameter, so the parameter must not be below the floor.
  const atLeastFloor =
    floor === undefined ? [] : [compare(parameter("MinimumR2"), "GreaterThanOrEqualTo", floor)];
  const winner = comparison.jsonGet("winner");
  const registered = champion === undefined ? winner : comparison.jsonGet("register");
  const message = ["No candidate reaches R2 ", parameter("MinimumR2"), ": "];
  return [
    comparison.step,
    ...all.map(({ candidate, register }) =>
      conditionStep(
        `Select${candidate.name}`,
        [compare(registered, "Equals", candidate.name), ...atLeastFloor],
        [register],
      ),
    ),
    conditionStep(
      "CheckMinimumR2",
      [compare(winner, "Equals", "")],
      [failStep("FailBelowMinimumR2", join("", [...message, comparison.jsonGet("scores")]))],
    ),
  ];
}
