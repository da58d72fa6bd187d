import { type Calls, likely, sageMakerCallsBy } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes, writing } from "./storage";

const readsRegistry = likely(
  'SageMaker guide, "Amazon SageMaker AI API Permissions: Actions, Permissions, and Resources Reference"; the ' +
    'resource of the list: the same guide, "Deploy a Model Version from a Different Account", whose policy of a group ' +
    "names its versions for both",
);

/**
 * The job that compares the best candidate with the champion: finds the approved model, and reads it, its training data,
 * and the candidates' reports.
 */
export const challenge: Calls = (stack, job) => {
  if (!stack.challengesChampion) {
    return [];
  }
  const { candidate, execution, name, named } = job;
  const folder = `executions/${execution}`;
  const champion = "executions/CHAMPION";
  return [
    ...everyJob(stack, "evaluation", "ProcessingJobs", job),
    sageMakerCallsBy(stack, "evaluation")(
      ["ListModelPackages", "DescribeModelPackage"],
      [`model-package/${stack.modelPackageGroup}/1`],
      readsRegistry,
    ),
    ...reads(stack, "evaluation", [
      ...(named?.reads ?? [
        "pipeline/0123456789abcdef/challenge.py",
        `${folder}/test/test.csv`,
        `${folder}/metadata/feature_names.json`,
        `${folder}/evaluation/${candidate}/evaluation.json`,
      ]),
      `models/${candidate}/${name}/output/model.tar.gz`,
      `${champion}/metadata/feature_names.json`,
      `${champion}/train/train.csv`,
      `${champion}/validation/validation.csv`,
    ]),
    ...writes(
      stack,
      "evaluation",
      named?.writes ?? [`${folder}/comparison/comparison.json`],
      writing(named),
    ),
  ];
};
