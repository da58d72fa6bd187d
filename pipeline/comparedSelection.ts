import type { CandidateSteps } from "./candidateSteps";
import type { DefinitionArgs } from "./definitionArgs";
import type { Step } from "./language/definition";
import { join } from "./language/expressions";
import { parameter } from "./parameters";
import { compare, conditionStep } from "./steps/condition";
import { failStep } from "./steps/fail";
import { exitMessage, folder, joinedNames, processingStep, s3Input } from "./steps/processing";
import { executionUri } from "./storage";

/**
 * Selects among many candidates: a job compares their reports and names the winner, and one Condition step
 * a candidate registers it where that is it. So the definition grows linearly.
 */
export function comparedSelection(
  args: DefinitionArgs,
  all: readonly CandidateSteps[],
): readonly Step[] {
  const comparison = processingStep({
    name: "CompareCandidates",
    imageUri: args.images.scikitLearn,
    roleArn: args.roles.evaluation,
    context: args.context,
    entrypoint: ["python3", `${folder("code")}/compare.py`],
    arguments: [
      ...["--candidates", ...joinedNames(all.map(({ candidate }) => candidate.name))],
      // The service refuses a number in place of an argument.
      ...["--minimum", join("", [parameter("MinimumR2")])],
      ...["--input", folder("evaluation"), "--output", folder("comparison")],
      ...["--message", exitMessage],
    ],
    dependsOn: all.map(({ candidate }) => `Evaluate${candidate.name}`),
    // Its input lies under the execution's own prefix: no other execution has an equal step.
    cached: false,
    inputs: [
      s3Input("code", args.sources.compare, folder("code")),
      s3Input("evaluation", executionUri(args.bucket, "evaluation/"), folder("evaluation")),
    ],
    outputs: {
      comparison: { folder: folder("comparison"), uri: executionUri(args.bucket, "comparison") },
    },
    propertyFile: { name: "Comparison", output: "comparison", path: "comparison.json" },
  });
  const floor = args.minimumR2Floor;
  // The job holds the winner to the parameter, so the parameter is held to the floor.
  const atLeastFloor =
    floor === undefined ? [] : [compare(parameter("MinimumR2"), "GreaterThanOrEqualTo", floor)];
  const winner = comparison.jsonGet("winner");
  const message = ["No candidate reaches R2 ", parameter("MinimumR2"), ": "];
  return [
    comparison.step,
    ...all.map(({ candidate, register }) =>
      conditionStep(
        `Select${candidate.name}`,
        [compare(winner, "Equals", candidate.name), ...atLeastFloor],
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
