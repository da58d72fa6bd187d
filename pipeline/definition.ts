import { type AlgorithmName, algorithms } from "./algorithms";
import type { Candidate } from "./candidates";
import type { Dataset } from "./dataset";
import { execution, type Expression, join, type JsonGet, type JsonObject } from "./expressions";
import type { FlowSource } from "./flow";
import { parameter, parameterDeclarations, type ParameterDefaults } from "./parameters";
import { compare, conditionStep } from "./steps/condition";
import { failStep } from "./steps/fail";
import { processingFolder, processingStep, s3Input, type ProcessingStep } from "./steps/processing";
import { registerModelStep } from "./steps/registerModel";
import type { JobSecurity, Step } from "./steps/step";
import { type TuningStep, tuningStep } from "./steps/tuning";
import { executionUri, prefixes } from "./storage";

/** Everything that a definition is made of: plain values, so that equal ones give equal definitions. */
export interface DefinitionArgs {
  /** The project's bucket. */
  readonly bucket: string;
  readonly dataset: Dataset;
  readonly candidates: readonly Candidate[];
  readonly parameters: ParameterDefaults;
  /** What the Data Wrangler flow of the dataset reads, and the name of its output. */
  readonly flowSource: FlowSource;
  readonly flowOutputName: string;
  /** Athena workgroup of the query. */
  readonly workGroup: string;
  /** S3 URIs of the uploaded sources. */
  readonly sources: {
    readonly flow: string;
    readonly preprocess: string;
    readonly evaluate: string;
  };
  /** URIs of the images. */
  readonly images: {
    readonly dataWrangler: string;
    /** Runs the preprocessing script. */
    readonly scikitLearn: string;
    /** The image of each algorithm, which trains, evaluates and serves its models. */
    readonly algorithms: Readonly<Record<AlgorithmName, string>>;
  };
  readonly modelPackageGroupName: string;
  /** ARNs of the roles that the jobs assume. */
  readonly roles: { readonly processing: string; readonly training: string };
  readonly security: JobSecurity;
}

/** Algorithms whose image SageMaker provides. */
const builtInAlgorithms: readonly AlgorithmName[] = ["xgboost"];

/** Folder of an input or output of a processing container. */
const folder = (name: string): string => `${processingFolder}/${name}`;

/** Where a processing container leaves the reason of its failure, which becomes its ExitMessage. */
const exitMessage = "/opt/ml/output/message";

const r2Path = "regression_metrics.r2.value";

/** Reads the table through Athena and runs the flow on it. */
function dataWranglerStep(args: DefinitionArgs): ProcessingStep<string> {
  const { flowOutputName, flowSource } = args;
  return processingStep({
    name: "DataWranglerProcess",
    imageUri: args.images.dataWrangler,
    roleArn: args.roles.processing,
    security: args.security,
    networkIsolation: false,
    instanceCount: parameter("ProcessingInstanceCount"),
    arguments: [
      `--output-config '${JSON.stringify({ [flowOutputName]: { content_type: "CSV" } })}'`,
    ],
    inputs: [
      s3Input("flow", args.sources.flow, folder("flow")),
      {
        InputName: args.dataset.table,
        AppManaged: false,
        DatasetDefinition: {
          LocalPath: folder(args.dataset.table),
          DataDistributionType: "FullyReplicated",
          InputMode: "File",
          AthenaDatasetDefinition: {
            Catalog: "AwsDataCatalog",
            Database: flowSource.database,
            QueryString: flowSource.query,
            WorkGroup: args.workGroup,
            OutputS3Uri: flowSource.queryOutput,
            OutputFormat: "PARQUET",
            OutputCompression: "SNAPPY",
            KmsKeyId: args.security.kmsKeyArn,
          },
        },
      },
    ],
    outputs: {
      [flowOutputName]: {
        folder: folder("output"),
        uri: executionUri(args.bucket, "data-wrangler"),
      },
    },
  });
}

/** Splits the rows at random into train, validation and test data, label first, without a header. */
function preprocessStep(args: DefinitionArgs, transformed: Expression) {
  const { seed, split, target } = args.dataset;
  const output = (name: string) => ({
    folder: folder(name),
    uri: executionUri(args.bucket, name),
  });
  return processingStep({
    name: "Preprocess",
    imageUri: args.images.scikitLearn,
    roleArn: args.roles.processing,
    security: args.security,
    entrypoint: ["python3", `${folder("code")}/preprocess.py`],
    arguments: [
      ...["--input", folder("input"), "--output", processingFolder, "--target", target],
      ...["--train", String(split.train), "--validation", String(split.validation)],
      ...["--test", String(split.test), "--seed", String(seed), "--message", exitMessage],
    ],
    inputs: [
      s3Input("code", args.sources.preprocess, folder("code")),
      s3Input("input", transformed, folder("input")),
    ],
    outputs: {
      train: output("train"),
      validation: output("validation"),
      test: output("test"),
      metadata: output("metadata"),
    },
  });
}

type Preprocess = ReturnType<typeof preprocessStep>;

/** A candidate with its steps. */
interface CandidateSteps {
  readonly candidate: Candidate;
  readonly tuning: TuningStep;
  readonly evaluation: ProcessingStep<"evaluation">;
  /** R² on the test data. */
  readonly r2: JsonGet;
}

function candidateSteps(
  args: DefinitionArgs,
  candidate: Candidate,
  preprocess: Preprocess,
): CandidateSteps {
  const { algorithm, name } = candidate;
  const specification = algorithms[algorithm];
  const imageUri = args.images.algorithms[algorithm];
  const builtIn = builtInAlgorithms.includes(algorithm);
  const tuning = tuningStep({
    name: `Tune${name}`,
    candidate,
    specification,
    imageUri,
    builtIn,
    channels: [
      { name: "train", uri: preprocess.output("train"), contentType: "text/csv" },
      { name: "validation", uri: preprocess.output("validation"), contentType: "text/csv" },
      // The CSV files have no header: this channel tells the names of the features.
      ...(builtIn
        ? []
        : [
            {
              name: "metadata",
              uri: preprocess.output("metadata"),
              contentType: "application/json",
            },
          ]),
    ],
    output: { bucket: args.bucket, prefix: `${prefixes.models}/${name}` },
    roleArn: args.roles.training,
    security: args.security,
    seed: args.dataset.seed,
  });
  const evaluation = processingStep({
    name: `Evaluate${name}`,
    imageUri,
    roleArn: args.roles.processing,
    security: args.security,
    entrypoint: ["python3", `${folder("code")}/evaluate.py`],
    arguments: [
      ...["--algorithm", algorithm, "--model", folder("model"), "--test", folder("test")],
      ...["--output", folder("evaluation"), "--message", exitMessage],
    ],
    inputs: [
      s3Input("code", args.sources.evaluate, folder("code")),
      s3Input("model", tuning.bestModelUri, folder("model")),
      s3Input("test", preprocess.output("test"), folder("test")),
    ],
    outputs: {
      evaluation: {
        folder: folder("evaluation"),
        uri: executionUri(args.bucket, `evaluation/${name}`),
      },
    },
    propertyFile: { name: "Evaluation", output: "evaluation", path: "evaluation.json" },
  });
  return { candidate, tuning, evaluation, r2: evaluation.jsonGet(r2Path) };
}

function registerStep(args: DefinitionArgs, steps: CandidateSteps): Step {
  const { candidate, evaluation, r2, tuning } = steps;
  return registerModelStep({
    name: `Register${candidate.name}`,
    modelPackageGroupName: args.modelPackageGroupName,
    imageUri: args.images.algorithms[candidate.algorithm],
    modelUri: tuning.bestModelUri,
    evaluationUri: join("/", [evaluation.output("evaluation"), "evaluation.json"]),
    contentTypes: ["text/csv"],
    responseTypes: ["text/csv"],
    metadata: {
      Candidate: candidate.name,
      Algorithm: candidate.algorithm,
      TrainingJob: tuning.bestTrainingJobName,
      PipelineExecution: execution("PipelineExecutionId"),
      R2: join("", [r2]),
    },
  });
}

/**
 * Selects the best R²: one Condition step a candidate, which registers it where it beats every earlier
 * candidate, is as good as every later one (so ties go to the earlier) and reaches the minimum. Exactly
 * one of these can hold.
 */
function selectionSteps(args: DefinitionArgs, all: readonly CandidateSteps[]): readonly Step[] {
  return all.map((steps, index) =>
    conditionStep(
      `Select${steps.candidate.name}`,
      [
        ...all.flatMap((other, otherIndex) =>
          otherIndex === index
            ? []
            : [
                compare(
                  steps.r2,
                  otherIndex < index ? "GreaterThan" : "GreaterThanOrEqualTo",
                  other.r2,
                ),
              ],
        ),
        compare(steps.r2, "GreaterThanOrEqualTo", parameter("MinimumR2")),
      ],
      [registerStep(args, steps)],
    ),
  );
}

/** Fails the execution, with all scores in the message, where no candidate reaches the minimum. */
function minimumStep(all: readonly CandidateSteps[]): Step {
  const scores = all.flatMap(({ candidate, r2 }, index) => [
    `${index === 0 ? "" : ", "}${candidate.name} `,
    r2,
  ]);
  return conditionStep(
    "CheckMinimumR2",
    all.map(({ r2 }) => compare(r2, "LessThan", parameter("MinimumR2"))),
    [
      failStep(
        "FailBelowMinimumR2",
        join("", ["No candidate reaches R2 ", parameter("MinimumR2"), ": ", ...scores]),
      ),
    ],
  );
}

/**
 * Renders the definition of the pipeline, Version "2020-12-01": DataWranglerProcess, Preprocess, then for
 * each candidate Tune and Evaluate, and the registration of the best R².
 *
 * A pure function: the same arguments give the same definition.
 */
export function pipelineDefinition(args: DefinitionArgs): JsonObject {
  const dataWrangler = dataWranglerStep(args);
  const preprocess = preprocessStep(args, dataWrangler.output(args.flowOutputName));
  const all = args.candidates.map((candidate) => candidateSteps(args, candidate, preprocess));
  return {
    Version: "2020-12-01",
    Metadata: {},
    Parameters: parameterDeclarations(args.parameters),
    PipelineExperimentConfig: {
      ExperimentName: execution("PipelineName"),
      TrialName: execution("PipelineExecutionId"),
    },
    Steps: [
      dataWrangler.step,
      preprocess.step,
      ...all.map(({ tuning }) => tuning.step),
      ...all.map(({ evaluation }) => evaluation.step),
      ...selectionSteps(args, all),
      minimumStep(all),
    ],
  };
}
