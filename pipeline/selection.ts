import { type CandidateSteps, foldsDecide } from "./candidateSteps";
import { comparedSelection } from "./comparedSelection";
import type { Preprocess } from "./dataSteps";
import type { DefinitionArgs } from "./definitionArgs";
import type { Condition, Step } from "./language/definition";
import { join } from "./language/expressions";
import { parameter } from "./parameters";
import { anyOf, compare, conditionStep, failStep } from "./steps/condition";

/**
 * Maximum number of candidates that conditions compare in pairs, whose number grows quadratically: those of 50 would not fit
 * into a definition. For more, a job compares them, which takes minutes.
 */
const maxCompared = 10;

/** Whether conditions compare the candidates: if there are few, and no champion. */
export function comparesPairs({
  candidates,
  champion,
}: Pick<DefinitionArgs, "candidates" | "champion">): boolean {
  return champion === undefined && candidates.length <= maxCompared;
}

/**
 * When a candidate that reaches the minimum is better than another one: by R² of the folds, and where that is equal, by
 * R² on the test data. Without folds, by the latter alone. One that does not reach the minimum is no rival.
 */
function better(
  { foldScore, r2 }: CandidateSteps,
  other: CandidateSteps,
  byTest: "GreaterThan" | "GreaterThanOrEqualTo",
): readonly Condition[] {
  const isBetter = compare(r2, byTest, other.r2);
  if (foldScore === undefined || other.foldScore === undefined) {
    return [isBetter];
  }
  const isBelow = compare(other.r2, "LessThan", parameter("MinimumR2"));
  return [
    anyOf(compare(foldScore, "GreaterThanOrEqualTo", other.foldScore), isBelow),
    anyOf(compare(foldScore, "GreaterThan", other.foldScore), isBetter),
  ];
}

/**
 * A Condition step per candidate, which registers it if it is better than every earlier candidate, as good as every later one
 * (so ties go to the earlier), and reaches the minimum, and the floor if there is one. At most one of them holds.
 */
function registration(all: readonly CandidateSteps[], floor: number | undefined): readonly Step[] {
  const byFolds = foldsDecide(all);
  const scored = all.map((one) => (byFolds ? one : { ...one, foldScore: undefined }));
  return scored.map((one, index) => {
    const { candidate, r2, register } = one;
    const others = scored.flatMap((other, otherIndex) =>
      otherIndex === index
        ? []
        : better(one, other, otherIndex < index ? "GreaterThan" : "GreaterThanOrEqualTo"),
    );
    const minimums = [parameter("MinimumR2"), ...(floor === undefined ? [] : [floor])].map(
      (least) => compare(r2, "GreaterThanOrEqualTo", least),
    );
    return conditionStep(`Select${candidate.name}`, [...others, ...minimums], [register]);
  });
}

/** Fails the execution, with all scores in the message, if no candidate reaches the minimum. */
function failure(all: readonly CandidateSteps[]): Step {
  const scores = all.flatMap(({ candidate, r2 }, index) => [
    `${index === 0 ? "" : ", "}${candidate.name} `,
    r2,
  ]);
  const message = ["No candidate reaches R2 ", parameter("MinimumR2"), ": ", ...scores];
  return conditionStep(
    "CheckMinimumR2",
    all.map(({ r2 }) => compare(r2, "LessThan", parameter("MinimumR2"))),
    [failStep("FailBelowMinimumR2", join("", message))],
  );
}

/** Fails an execution with a MinimumR2 below the floor, before it trains. */
function lowered(floor: number): Step {
  const message = ["MinimumR2 ", parameter("MinimumR2"), ` is below ${floor}, the stack's own`];
  return conditionStep(
    "CheckFloor",
    [compare(parameter("MinimumR2"), "LessThan", floor)],
    [failStep("FailLoweredMinimumR2", join("", message))],
  );
}

/** The steps that register the best candidate, by R² of its folds or of the test data, or fail if none reaches the minimum. */
export function selectionSteps(
  args: DefinitionArgs,
  all: readonly CandidateSteps[],
  preprocess: Preprocess,
): readonly Step[] {
  const floor = args.minimumR2Floor;
  const steps = comparesPairs(args)
    ? [...registration(all, floor), failure(all)]
    : comparedSelection(args, all, preprocess);
  return floor === undefined ? steps : [lowered(floor), ...steps];
}
