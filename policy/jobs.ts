import type { ProcessingArguments, Step, TuningArguments } from "../pipeline/language/definition";
import { allSteps } from "../pipeline/language/graph";
import type { Json } from "../pipeline/language/json";
import { parse } from "../pipeline/language/parse";
import { document, type Rule, unmet } from "./rule";
import { encrypted } from "./volumes";

/** A member of a request that is left out, or is null, is not given. */
const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

function processingProblems(name: string, job: ProcessingArguments): readonly string[] {
  const { NetworkConfig, ProcessingOutputConfig, ProcessingResources } = job;
  return unmet(
    [isGiven(ProcessingOutputConfig?.KmsKeyId), `${name}: outputs must be encrypted by KmsKeyId`],
    [
      isGiven(ProcessingResources?.ClusterConfig?.VolumeKmsKeyId),
      `${name}: volumes must be encrypted by VolumeKmsKeyId`,
    ],
    [
      NetworkConfig?.EnableInterContainerTrafficEncryption === true,
      `${name}: EnableInterContainerTrafficEncryption must be true`,
    ],
  );
}

function tuningProblems(
  name: string,
  { TrainingJobDefinition: training }: TuningArguments,
): readonly string[] {
  const resources = training?.HyperParameterTuningResourceConfig;
  return unmet(
    [
      isGiven(training?.OutputDataConfig?.KmsKeyId),
      `${name}: models must be encrypted by KmsKeyId`,
    ],
    [
      encrypted(resources?.VolumeKmsKeyId ?? undefined, resources?.InstanceType),
      `${name}: volumes must be encrypted by VolumeKmsKeyId`,
    ],
    [training?.EnableNetworkIsolation === true, `${name}: EnableNetworkIsolation must be true`],
    [
      training?.EnableInterContainerTrafficEncryption === true,
      `${name}: EnableInterContainerTrafficEncryption must be true`,
    ],
  );
}

/** What is wrong with the job of a step. */
function jobProblems(step: Step): readonly string[] {
  switch (step.Type) {
    case "Processing":
      return processingProblems(step.Name, step.Arguments);
    case "Tuning":
      return tuningProblems(step.Name, step.Arguments);
    default:
      return [];
  }
}

/** Rules for the jobs that a pipeline starts. */
export const jobRules: readonly Rule[] = [
  {
    name: "jobs-encrypted-and-isolated",
    description: "Jobs encrypt what they write; training has no network.",
    types: ["aws:sagemaker/pipeline:Pipeline"],
    problems: ({ pipelineDefinition }) => {
      const content = document(pipelineDefinition);
      if (content === undefined) {
        return [];
      }
      const { definition, problems } = parse(content as Json);
      return problems ?? allSteps(definition).flatMap(({ step }) => jobProblems(step));
    },
  },
];
