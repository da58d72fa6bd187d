import { type CandidateSteps, foldsDecide } from "./candidateSteps";
import { challengeStep, comparisonStep } from "./comparisonStep";
import type { Preprocess } from "./dataSteps";
import type { DefinitionArgs } from "./definitionArgs";
import type { Step } from "./language/definition";
import { join } from "./language/expressions";
import { parameter } from "./parameters";
import { compare, conditionStep } from "./steps/condition";
import { failStep } from "./steps/fail";

/**
 * Selects by a job, among many candidates or where a champion must be beaten: it compares their reports and names the
 * winner, and one Condition step a candidate registers it where that is it. So the definition grows linearly. Where the
 * champion stays, no condition holds, and the execution succeeds.
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
  // The job holds the winner to the parameter, so the parameter is held to the floor.
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
