import type { PipelineDefinition, Step } from "../pipeline/language/definition";
import { allSteps } from "../pipeline/language/graph";
import { imageValues } from "../pipeline/language/images";
import type { Json } from "../pipeline/language/json";
import { parse } from "../pipeline/language/parse";
import { isEcrImage, secretProblems } from "./containers";
import { encrypted, mustEncrypt, ownKey } from "./keys";
import { at, document, type Inputs, isText, list, type Rule, type RuleConfig, unmet } from "./rule";

/** Paths of checked members in the request of a kind of job. */
interface JobForm {
  readonly outputKey?: readonly string[];
  /** Path of the object with VolumeKmsKeyId and InstanceType. */
  readonly resources?: readonly string[];
  /** Path of the object with the members of network and isolation. */
  readonly network?: readonly string[];
  /** Whether its containers must be isolated. */
  readonly isolated: boolean;
  /** Whether its instances communicate. */
  readonly traffic: boolean;
}

const processing: JobForm = {
  outputKey: ["ProcessingOutputConfig", "KmsKeyId"],
  resources: ["ProcessingResources", "ClusterConfig"],
  network: ["NetworkConfig"],
  isolated: true,
  traffic: true,
};

const training = (resources: string): JobForm => ({
  outputKey: ["OutputDataConfig", "KmsKeyId"],
  resources: [resources],
  network: [],
  isolated: true,
  traffic: true,
});

/** The allowed types of steps, with the form of their jobs' requests; undefined: they start no job. */
const forms: Readonly<Record<string, JobForm | undefined>> = {
  Processing: processing,
  QualityCheck: processing,
  ClarifyCheck: processing,
  Training: training("ResourceConfig"),
  // Paths in each training job definition.
  Tuning: training("HyperParameterTuningResourceConfig"),
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

/** Whether the network of a job's request names its subnets. */
export function namesSubnets(network: unknown): boolean {
  const subnets = list(at(network, "VpcConfig", "Subnets"));
  return subnets.length > 0 && subnets.every(isText);
}

/** Data Wrangler's job reads from Athena, so it is not isolated. */
const readsAthena = (job: unknown): boolean =>
  /\/sagemaker-data-wrangler-container[:@]/.test(String(at(job, "AppSpecification", "ImageUri"))) &&
  list(at(job, "ProcessingInputs")).some(
    (input) => at(input, "DatasetDefinition", "AthenaDatasetDefinition") !== undefined,
  );

/** The scripts that query the approved model, and log executions, so their jobs are not isolated either. */
const askingScripts = ["challenge.py", "log_executions.py"].map((file) =>
  JSON.stringify(["python3", `/opt/ml/processing/code/${file}`]),
);

const asksApis = (job: unknown): boolean =>
  askingScripts.includes(JSON.stringify(at(job, "AppSpecification", "ContainerEntrypoint")));

/** Kinds of steps that run images. */
const runsImages: readonly string[] = Object.keys(forms).filter(
  (type) => !["Condition", "Fail", "Transform"].includes(type),
);

/** Problems with a step's images, which must not depend on parameters. */
function imageProblems(step: Step): readonly string[] {
  const images = imageValues(step);
  return runsImages.includes(step.Type)
    ? (images.length === 0 ? [undefined] : images)
        .filter((image) => !isEcrImage(image))
        .map((image) => {
          const uri = typeof image === "string" ? image : JSON.stringify(image ?? null);
          return uri === "null"
            ? `${step.Name}: names no image in Amazon ECR`
            : `${step.Name}: ${uri} is not an image in Amazon ECR`;
        })
    : [];
}

/** Whether a step may register an approved model: by its status, a parameter's default, or another expression. */
function approves(status: unknown, { Parameters: parameters }: PipelineDefinition): boolean {
  if (status === undefined || status === null || typeof status === "string") {
    return status === "Approved";
  }
  const [, name] = /^Parameters\.(.+)$/.exec(String(at(status, "Get"))) ?? [];
  const parameter = (parameters ?? []).find((one) => one.Name === name);
  // The pipeline's role limits what the start of an execution may choose.
  return parameter === undefined || parameter.DefaultValue === "Approved";
}

/** A step's job requests: a tuning has one for each training job definition. */
function jobsOf({ Arguments: args, Type: type }: Step): readonly unknown[] {
  if (type !== "Tuning") {
    return [args];
  }
  const { TrainingJobDefinition: one, TrainingJobDefinitions: several } = args;
  const all = [...list(one), ...list(several)];
  return all.length === 0 ? [{}] : all;
}

function stepProblems(
  step: Step,
  definition: PipelineDefinition,
  config: RuleConfig,
): readonly string[] {
  const { Name: name, Type: type } = step;
  if (!(type in forms)) {
    return [`${name}: steps of type ${type} cannot be checked by a rule`];
  }
  if (type === "RegisterModel") {
    return unmet([
      !approves(step.Arguments.ModelApprovalStatus, definition),
      `${name}: ModelApprovalStatus must not be Approved: people approve models`,
    ]);
  }
  const form = forms[type];
  return form === undefined
    ? []
    : jobsOf(step).flatMap((job) => jobProblems(name, type, form, job, config));
}

function jobProblems(
  name: string,
  type: string,
  form: JobForm,
  job: unknown,
  config: RuleConfig,
): readonly string[] {
  const resources = form.resources && at(job, ...form.resources);
  const network = form.network && at(job, ...form.network);
  // Each group of instances has a type.
  const groups = list(at(resources, "InstanceGroups") ?? at(resources, "InstanceConfigs"));
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
        asksApis(job),
      `${name}: EnableNetworkIsolation must be true`,
    ],
    [
      !form.traffic || at(network, "EnableInterContainerTrafficEncryption") === true,
      `${name}: EnableInterContainerTrafficEncryption must be true`,
    ],
    [
      config.requireNetwork !== true || form.network === undefined || namesSubnets(network),
      `${name}: VpcConfig must name subnets`,
    ],
    mustEncrypt(`${name}: captured requests`, at(job, "DataCaptureConfig"), "KmsKeyId"),
    [
      [undefined, null, false].includes(at(job, "RemoteDebugConfig", "EnableRemoteDebug") as null),
      `${name}: EnableRemoteDebug must not be true: it opens a shell in the container`,
    ],
  );
}

/**
 * The definition in a pipeline's inputs.
 * @returns problems if it cannot be checked; undefined if it is unknown before an update
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
      "Jobs encrypt their outputs, have no network access and no secrets, and run images of Amazon ECR; only people approve models.",
    types: ["aws:sagemaker/pipeline:Pipeline"],
    reads: ["requireNetwork"],
    problems: (inputs, config = {}) => {
      const found = definitionOf(inputs);
      return found === undefined
        ? []
        : (found.problems ??
            allSteps(found.definition).flatMap(({ step }) => [
              ...stepProblems(step, found.definition, config),
              ...imageProblems(step),
              // The steps of branches are steps themselves.
              ...(step.Type === "Condition"
                ? []
                : secretProblems(`${step.Name}: `, step.Arguments)),
            ]));
    },
  },
];
