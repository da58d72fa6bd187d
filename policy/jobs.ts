import { at, document, list, type Rule, unmet } from "./rule";
import { encrypted } from "./volumes";

/** A step of a definition, as far as the rules look at it. */
interface Step {
  readonly Name: string;
  readonly Type: string;
  readonly Arguments: unknown;
}

/** The steps of a definition, those inside conditions too. */
function allSteps(steps: unknown): readonly Step[] {
  return list(steps as readonly Step[] | undefined).flatMap((step) => [
    step,
    ...allSteps(at(step.Arguments, "IfSteps")),
    ...allSteps(at(step.Arguments, "ElseSteps")),
  ]);
}

/** What is wrong with the jobs of a step. */
function jobProblems({ Arguments: job, Name: name, Type: type }: Step): readonly string[] {
  if (type === "Processing") {
    return unmet(
      [
        at(job, "ProcessingOutputConfig", "KmsKeyId") !== undefined,
        `${name}: outputs must be encrypted by KmsKeyId`,
      ],
      [
        at(job, "ProcessingResources", "ClusterConfig", "VolumeKmsKeyId") !== undefined,
        `${name}: volumes must be encrypted by VolumeKmsKeyId`,
      ],
      [
        at(job, "NetworkConfig", "EnableInterContainerTrafficEncryption") === true,
        `${name}: EnableInterContainerTrafficEncryption must be true`,
      ],
    );
  }
  if (type === "Tuning") {
    const training = at(job, "TrainingJobDefinition");
    const resources = at(training, "HyperParameterTuningResourceConfig");
    return unmet(
      [
        at(training, "OutputDataConfig", "KmsKeyId") !== undefined,
        `${name}: models must be encrypted by KmsKeyId`,
      ],
      [
        encrypted(at(resources, "VolumeKmsKeyId"), at(resources, "InstanceType")),
        `${name}: volumes must be encrypted by VolumeKmsKeyId`,
      ],
      [
        at(training, "EnableNetworkIsolation") === true,
        `${name}: EnableNetworkIsolation must be true`,
      ],
      [
        at(training, "EnableInterContainerTrafficEncryption") === true,
        `${name}: EnableInterContainerTrafficEncryption must be true`,
      ],
    );
  }
  return [];
}

/** Rules for the jobs that a pipeline starts. */
export const jobRules: readonly Rule[] = [
  {
    name: "jobs-encrypted-and-isolated",
    description: "Jobs encrypt what they write; training has no network.",
    types: ["aws:sagemaker/pipeline:Pipeline"],
    problems: ({ pipelineDefinition }) =>
      allSteps(at(document(pipelineDefinition), "Steps")).flatMap(jobProblems),
  },
];
