import { ecrRepository } from "../pipeline/ecrRepository";
import type { Step } from "../pipeline/language/definition";
import { allSteps } from "../pipeline/language/graph";
import { imageValues } from "../pipeline/language/images";
import type { Json } from "../pipeline/language/json";
import { parse } from "../pipeline/language/parse";
import { at, document, type Inputs, list, type Rule, type RuleConfig, unmet } from "./rule";
import { ownKey } from "./storage";
import { encrypted } from "./volumes";

/** Where the request of a kind of job says what it must say: paths of members. */
interface JobForm {
  readonly outputKey?: readonly string[];
  /** Of the object that has VolumeKmsKeyId and InstanceType. */
  readonly resources?: readonly string[];
  /** Of the object that has the members of network and isolation. */
  readonly network?: readonly string[];
  /** Whether its containers must have no network. */
  readonly isolated: boolean;
  /** Whether its instances talk to each other. */
  readonly traffic: boolean;
}

const processing: JobForm = {
  outputKey: ["ProcessingOutputConfig", "KmsKeyId"],
  resources: ["ProcessingResources", "ClusterConfig"],
  network: ["NetworkConfig"],
  isolated: true,
  traffic: true,
};

/** The kinds of steps that a definition may have: of jobs, what their requests look like; undefined: they start none. */
const forms: Readonly<Record<string, JobForm | undefined>> = {
  Processing: processing,
  QualityCheck: processing,
  ClarifyCheck: processing,
  Training: {
    outputKey: ["OutputDataConfig", "KmsKeyId"],
    resources: ["ResourceConfig"],
    network: [],
    isolated: true,
    traffic: true,
  },
  Tuning: {
    outputKey: ["TrainingJobDefinition", "OutputDataConfig", "KmsKeyId"],
    resources: ["TrainingJobDefinition", "HyperParameterTuningResourceConfig"],
    network: ["TrainingJobDefinition"],
    isolated: true,
    traffic: true,
  },
  Model: { network: [], isolated: true, traffic: false },
  Transform: {
    outputKey: ["TransformOutput", "KmsKeyId"],
    resources: ["TransformResources"],
    isolated: false,
    traffic: false,
  },
  Condition: undefined,
  Fail: undefined,
  RegisterModel: undefined,
};

/** Data Wrangler's job reads from Athena, and has no isolation. */
const readsAthena = (job: unknown): boolean =>
  list(at(job, "ProcessingInputs") as readonly unknown[] | undefined).some(
    (input) => at(input, "DatasetDefinition", "AthenaDatasetDefinition") !== undefined,
  );

/** The script that asks which model is approved: its job has none either. */
const challenge = ["python3", "/opt/ml/processing/code/challenge.py"];

const asksRegistry = (job: unknown): boolean =>
  JSON.stringify(at(job, "AppSpecification", "ContainerEntrypoint")) === JSON.stringify(challenge);

/** What is wrong with the images of a step: whoever starts an execution must not choose them. */
function imageProblems(step: Step): readonly string[] {
  return imageValues(step)
    .filter((image) => image !== undefined && image !== null)
    .flatMap((image) => {
      const uri = typeof image === "string" ? image : JSON.stringify(image);
      return unmet([
        ecrRepository(uri) !== undefined,
        `${step.Name}: ${uri} is not an image in Amazon ECR`,
      ]);
    });
}

/** What is wrong with the job of a step. */
function jobProblems(step: Step, config: RuleConfig): readonly string[] {
  const name = String(at(step, "Name"));
  const type = String(at(step, "Type"));
  const job = at(step, "Arguments");
  if (!(type in forms)) {
    return [`${name}: steps of type ${type} cannot be checked by a rule`];
  }
  if (type === "RegisterModel") {
    return unmet([
      at(job, "ModelApprovalStatus") !== "Approved",
      `${name}: ModelApprovalStatus must not be Approved: people approve models`,
    ]);
  }
  const form = forms[type];
  if (form === undefined) {
    return [];
  }
  const resources = form.resources && at(job, ...form.resources);
  const network = form.network && at(job, ...form.network);
  // A list of groups of instances has a type each.
  const groups = list(
    (at(resources, "InstanceGroups") ?? at(resources, "InstanceConfigs")) as
      readonly unknown[] | undefined,
  );
  const types = groups.length > 0 ? groups : [resources];
  return unmet(
    [
      form.outputKey === undefined || ownKey(at(job, ...form.outputKey)),
      `${name}: ${type === "Tuning" || type === "Training" ? "models" : "outputs"} must be encrypted by KmsKeyId`,
    ],
    [
      form.resources === undefined ||
        types.every((one) => encrypted(at(resources, "VolumeKmsKeyId"), at(one, "InstanceType"))),
      `${name}: volumes must be encrypted by VolumeKmsKeyId`,
    ],
    [
      !form.isolated ||
        at(network, "EnableNetworkIsolation") === true ||
        readsAthena(job) ||
        asksRegistry(job),
      `${name}: EnableNetworkIsolation must be true`,
    ],
    [
      !form.traffic || at(network, "EnableInterContainerTrafficEncryption") === true,
      `${name}: EnableInterContainerTrafficEncryption must be true`,
    ],
    [
      config.requireNetwork !== true ||
        form.network === undefined ||
        list(at(network, "VpcConfig", "Subnets") as readonly unknown[] | undefined).length > 0,
      `${name}: VpcConfig must name subnets`,
    ],
  );
}

/**
 * The definition of a pipeline's inputs.
 * @returns problems if it cannot be judged; undefined if only an update knows it
 */
export function definitionOf({
  pipelineDefinition,
  pipelineDefinitionS3Location: elsewhere,
}: Inputs): ReturnType<typeof parse> | undefined {
  if (elsewhere !== undefined) {
    return {
      problems: ["the definition must be in pipelineDefinition: one in S3 cannot be checked"],
    };
  }
  if (pipelineDefinition === undefined) {
    return undefined;
  }
  const content = document(pipelineDefinition);
  return content === undefined
    ? { problems: ["pipelineDefinition is not JSON"] }
    : parse(content as Json);
}

/** Rules for the jobs that a pipeline starts. */
export const jobRules: readonly Rule[] = [
  {
    name: "jobs-encrypted-and-isolated",
    description:
      "Jobs encrypt their outputs, have no network access, and run images of Amazon ECR; only people approve models.",
    types: ["aws:sagemaker/pipeline:Pipeline"],
    reads: ["requireNetwork"],
    problems: (inputs, config = {}) => {
      const found = definitionOf(inputs);
      return found === undefined
        ? []
        : (found.problems ??
            allSteps(found.definition).flatMap(({ step }) => [
              ...jobProblems(step, config),
              ...imageProblems(step),
            ]));
    },
  },
];
