import { deepEqual, ok } from "node:assert/strict";

import { Images } from "../../local/standins/images";
import type { Program } from "../../offline/program";
import { ignored, unsupported } from "../../local/preparation/support";
import type { PipelineDefinition, TransformStep } from "../../pipeline/language/definition";
import { type Draft, draft, program, set } from "../support/definitions";

const application = ["Steps", "Preprocess", "Arguments", "AppSpecification"];
const athena = [
  ...["Steps", "DataWranglerProcess", "Arguments", "ProcessingInputs", 1],
  ...["DatasetDefinition", "AthenaDatasetDefinition"],
];
const tuning = ["Steps", "TuneXGBoost", "Arguments", "HyperParameterTuningJobConfig"];
const training = ["Steps", "TuneXGBoost", "Arguments", "TrainingJobDefinition"];

/** What a local run does not support, each with what must be said of it. */
const beyond: readonly (readonly [string, readonly (string | number)[], unknown, RegExp])[] = [
  [
    "a kind of step",
    ["Steps", "Preprocess", "Type"],
    "Lambda",
    /^step "Preprocess", Type: "Lambda" does not run here/,
  ],
  [
    "an image",
    [...application, "ImageUri"],
    "1.dkr.ecr.us-east-1.amazonaws.com/mine:1",
    /^step "Preprocess", Arguments\.AppSpecification\.ImageUri: .*mine:1" is not an image that can run here/,
  ],
  [
    "another stack's own image",
    [...application, "ImageUri"],
    "1.dkr.ecr.us-east-1.amazonaws.com/restate-flats-decision-tree:1",
    /decision-tree:1" is not an image that can run here \(.*\); it is that of stack flats: add its --config-file, or --stack flats$/,
  ],
  [
    "a command",
    [...application, "ContainerEntrypoint"],
    ["bash", "run.sh"],
    /ContainerEntrypoint: \["bash","run\.sh"\] is neither \["python3", "SCRIPT\.py", \.\.\.\] nor the runproc\.sh/,
  ],
  [
    "an image without a command",
    [...application, "ContainerEntrypoint"],
    undefined,
    /ContainerEntrypoint: missing/,
  ],
  [
    "several instances",
    ["Steps", "Preprocess", "Arguments", "ProcessingResources", "ClusterConfig", "InstanceCount"],
    2,
    /InstanceCount: 2; scripts run on 1 here/,
  ],
  [
    "sharded inputs",
    [
      "Steps",
      "Preprocess",
      "Arguments",
      "ProcessingInputs",
      1,
      "S3Input",
      "S3DataDistributionType",
    ],
    "ShardedByS3Key",
    /ProcessingInputs\[1\]\.S3Input\.S3DataDistributionType: "ShardedByS3Key"; only FullyReplicated/,
  ],
  [
    "an input elsewhere on the machine",
    ["Steps", "Preprocess", "Arguments", "ProcessingInputs", 1, "S3Input", "LocalPath"],
    "/srv/elsewhere",
    /ProcessingInputs\[1\]\.S3Input\.LocalPath: "\/srv\/elsewhere" is not below \/opt\/ml/,
  ],
  [
    "a query's result elsewhere on the machine",
    [
      ...["Steps", "DataWranglerProcess", "Arguments", "ProcessingInputs", 1],
      ...["DatasetDefinition", "LocalPath"],
    ],
    "/opt/ml/../../srv/elsewhere",
    /ProcessingInputs\[1\]\.DatasetDefinition\.LocalPath: .* is not below \/opt\/ml/,
  ],
  [
    "an output elsewhere on the machine",
    [
      ...["Steps", "Preprocess", "Arguments", "ProcessingOutputConfig", "Outputs", 0],
      ...["S3Output", "LocalPath"],
    ],
    "/srv/elsewhere",
    /Outputs\[0\]\.S3Output\.LocalPath: "\/srv\/elsewhere" is not below \/opt\/ml/,
  ],
  [
    "a script elsewhere on the machine",
    [...application, "ContainerEntrypoint"],
    ["python3", "/srv/elsewhere/script.py"],
    /ContainerEntrypoint: "\/srv\/elsewhere\/script\.py" is not below \/opt\/ml/,
  ],
  [
    "a manifest",
    ["Steps", "Preprocess", "Arguments", "ProcessingInputs", 1, "S3Input", "S3DataType"],
    "ManifestFile",
    /ProcessingInputs\[1\]\.S3Input\.S3DataType: "ManifestFile"; only S3Prefix/,
  ],
  [
    "an augmented manifest",
    [...training, "InputDataConfig", 0, "DataSource", "S3DataSource", "S3DataType"],
    "AugmentedManifestFile",
    /InputDataConfig\[0\]\.DataSource\.S3DataSource\.S3DataType: "Aug.*; only S3Prefix/,
  ],
  [
    "packed channels",
    [...training, "InputDataConfig", 0, "CompressionType"],
    "Gzip",
    /InputDataConfig\[0\]\.CompressionType: "Gzip"; only None/,
  ],
  [
    "Redshift",
    ["Steps", "DataWranglerProcess", "Arguments", "ProcessingInputs", 1, "DatasetDefinition"],
    { RedshiftDatasetDefinition: {} },
    /ProcessingInputs\[1\]\.DatasetDefinition: only AthenaDatasetDefinition/,
  ],
  [
    "another format of a query's output",
    [...athena, "OutputFormat"],
    "ORC",
    /AthenaDatasetDefinition\.OutputFormat: "ORC" does not run here; PARQUET, TEXTFILE, JSON do/,
  ],
  [
    "a compression that the format of a query's output does not have",
    [...athena, "OutputCompression"],
    "ZLIB",
    /AthenaDatasetDefinition\.OutputCompression: "ZLIB" does not run here for PARQUET; GZIP, SNAPPY do/,
  ],
  [
    "a feature store output",
    ["Steps", "Preprocess", "Arguments", "ProcessingOutputConfig", "Outputs", 0, "S3Output"],
    undefined,
    /Outputs\[0\]: only S3Output/,
  ],
  [
    "a strategy",
    [...tuning, "Strategy"],
    "Annealing",
    /HyperParameterTuningJobConfig\.Strategy: "Annealing" does not run here/,
  ],
  [
    "ranges that SageMaker finds",
    [...tuning, "ParameterRanges", "AutoParameters"],
    [{ Name: "eta", ValueHint: "0.1" }],
    /HyperParameterTuningJobConfig\.ParameterRanges\.AutoParameters: does not run here/,
  ],
  [
    "no number of training jobs",
    [...tuning, "ResourceLimits", "MaxNumberOfTrainingJobs"],
    undefined,
    /ResourceLimits\.MaxNumberOfTrainingJobs: missing; only Grid can omit it/,
  ],
  [
    "Pipe mode",
    [...training, "AlgorithmSpecification", "TrainingInputMode"],
    "Pipe",
    /TrainingJobDefinition\.AlgorithmSpecification\.TrainingInputMode: Pipe does not run here/,
  ],
  [
    "training on several instances",
    [...training, "HyperParameterTuningResourceConfig", "InstanceCount"],
    2,
    /HyperParameterTuningResourceConfig\.InstanceCount: 2; jobs train on 1 here/,
  ],
  [
    "a regex that is none,",
    [...training, "AlgorithmSpecification", "MetricDefinitions"],
    [{ Name: "validation:rmse", Regex: "(" }],
    /MetricDefinitions\[0\]\.Regex: is not a regular expression/,
  ],
  [
    "an objective that nothing reports",
    [...tuning, "HyperParameterTuningJobObjective", "MetricName"],
    "validation:gini",
    /MetricName: "validation:gini" is not a metric of the training job; its metrics are/,
  ],
  [
    "an image that does not train",
    [...training, "AlgorithmSpecification", "TrainingImage"],
    "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer:1",
    /TrainingImage: .* is not an image that can train here/,
  ],
  [
    "an image that trains by a script only",
    [...training, "AlgorithmSpecification", "TrainingImage"],
    "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1",
    /TrainingImage: .* only trains with a script, but the hyperparameter sagemaker_program is not set/,
  ],
  [
    "a training image's entry point of the user's",
    [...training, "AlgorithmSpecification", "ContainerEntrypoint"],
    ["/bin/bash", "/opt/ml/input/data/sm_drivers/sm_train.sh"],
    /ContainerEntrypoint: only the image's own entry point runs here/,
  ],
  [
    "a channel in Pipe mode",
    [...training, "InputDataConfig", 0, "InputMode"],
    "Pipe",
    /InputDataConfig\[0\]\.InputMode: Pipe does not run here; File and FastFile do$/,
  ],
  [
    "a channel of wrapped records",
    [...training, "InputDataConfig", 0, "RecordWrapperType"],
    "RecordIO",
    /InputDataConfig\[0\]\.RecordWrapperType: "RecordIO"; only None runs here$/,
  ],
  [
    "a model that is not compressed",
    [...training, "OutputDataConfig", "CompressionType"],
    "NONE",
    /OutputDataConfig\.CompressionType: "NONE"; only GZIP runs here$/,
  ],
  [
    "an input of a script in Pipe mode",
    ["Steps", "Preprocess", "Arguments", "ProcessingInputs", 1, "S3Input", "S3InputMode"],
    "Pipe",
    /ProcessingInputs\[1\]\.S3Input\.S3InputMode: "Pipe"; only File runs here$/,
  ],
  [
    "a file system channel",
    [...training, "InputDataConfig", 0, "DataSource"],
    { FileSystemDataSource: {} },
    /InputDataConfig\[0\]\.DataSource: only S3DataSource/,
  ],
  [
    "a model package without a group",
    ["Steps", "SelectXGBoost", "Arguments", "IfSteps", 0, "Arguments", "ModelPackageGroupName"],
    undefined,
    /^step "RegisterXGBoost", Arguments\.ModelPackageGroupName: missing/,
  ],
];

describe("unsupported", () => {
  let evaluated: Program;
  const problems = (definition: Draft): readonly string[] =>
    unsupported(
      definition as unknown as PipelineDefinition,
      new Images(evaluated.decisionTreeImageUri),
    );

  before(async () => {
    evaluated = await program();
  });

  it("finds nothing in the program's definitions", () => {
    deepEqual(problems(draft(evaluated.definition)), []);
  });

  for (const [what, path, value, problem] of beyond) {
    it(`finds ${what} that cannot run here`, () => {
      const definition = draft(evaluated.definition);
      set(definition, path, value);
      const found = problems(definition);
      ok(
        found.some((one) => problem.test(one)),
        found.join("\n") || "nothing found",
      );
    });
  }

  for (const [member, value, message] of [
    ["ModelDataSource", { S3DataSource: {} }, "ModelDataSource is not supported on this machine"],
    ["MultiModelConfig", {}, "MultiModelConfig is not supported on this machine"],
    ["ModelPackageName", "team/1", "ModelPackageName is not supported in Model steps here"],
    ["Mode", "MultiModel", "Mode MultiModel is not supported on this machine"],
    [
      "InferenceSpecificationName",
      "other",
      "InferenceSpecificationName is not supported on this machine",
    ],
  ] as const) {
    it(`finds ${member} of a model's container`, () => {
      const { decisionTreeImageUri: Image } = evaluated;
      const step = (more: object) => ({
        Name: "Create",
        Type: "Model",
        Arguments: { PrimaryContainer: { Image, Mode: "SingleModel", ...more } },
      });
      const found = [{}, { [member]: value }].map((more) =>
        problems({ Version: "2020-12-01", Steps: [step(more)] }),
      );
      deepEqual(found, [[], [`step "Create", Arguments.PrimaryContainer: ${message}`]]);
    });
  }

  it("finds a step that runs when another has failed", () => {
    const steps = (Trigger: string) => [
      { Name: "First", Type: "Fail", Arguments: { ErrorMessage: "no" } },
      {
        Name: "Second",
        Type: "Fail",
        DependsOn: [{ Step: "First", Trigger }],
        Arguments: { ErrorMessage: "no" },
      },
    ];
    const found = ["Completed", "Failed"].map((trigger) =>
      problems({ Version: "2020-12-01", Steps: steps(trigger) }),
    );
    const problem = 'step "Second", DependsOn: Trigger "Failed"; only Completed runs here';
    deepEqual(found, [[], [problem]]);
  });

  it("finds all problems at once", () => {
    const definition = draft(evaluated.definition);
    const three = ["an image", "a strategy", "Pipe mode"];
    for (const [, path, value] of beyond.filter(([what]) => three.includes(what))) {
      set(definition, path, value);
    }
    deepEqual(problems(definition).length, 3);
  });

  it("accepts all completion criteria of a tuning, and says that convergence is not applied", () => {
    const definition = draft(evaluated.definition);
    set(definition, [...tuning, "ResourceLimits", "MaxRuntimeInSeconds"], 600);
    const criteria = [...tuning, "TuningJobCompletionCriteria"];
    set(definition, criteria, {
      TargetObjectiveMetricValue: 0.5,
      BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: 3 },
      ConvergenceDetected: { CompleteOnConvergence: "Enabled" },
    });
    deepEqual(problems(definition), []);
    const typed = definition as unknown as PipelineDefinition;
    deepEqual(ignored(typed), [
      'step "TuneXGBoost", Arguments.HyperParameterTuningJobConfig.TuningJobCompletionCriteria.' +
        "ConvergenceDetected: is ignored here, because SageMaker's algorithm is not public: all trials run " +
        "unless another criterion is met",
    ]);
    set(definition, [...criteria, "ConvergenceDetected"], { CompleteOnConvergence: "Disabled" });
    deepEqual(ignored(typed), []);
  });

  describe("in a batch transform", () => {
    const problemsOf = (
      SplitType: string | undefined,
      DataProcessing?: object,
      ContentType?: string,
      DataCaptureConfig?: object,
    ): unknown => {
      const step = {
        Name: "Predict",
        Type: "Transform",
        Arguments: {
          ModelName: "model",
          TransformInput: {
            DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: "s3://bucket/rows/" } },
            SplitType,
            ContentType,
          },
          DataProcessing,
          DataCaptureConfig,
        },
      } as unknown as TransformStep;
      return unsupported({ Version: "2020-12-01", Steps: [step] }, new Images("own:1"));
    };

    it("finds nothing if rows are sent one by one, or files whole", () => {
      deepEqual(problemsOf("Line", { InputFilter: "$[1:]", JoinSource: "Input" }), []);
      deepEqual(problemsOf("None", { InputFilter: "$", JoinSource: "None" }), []);
      deepEqual(problemsOf(undefined), []);
    });

    it("finds column filters on files that are sent whole, and other split types", () => {
      const needsRows = ['step "Predict", Arguments.DataProcessing: needs SplitType Line'];
      deepEqual(problemsOf(undefined, { InputFilter: "$[1:]" }), needsRows);
      deepEqual(problemsOf("None", { JoinSource: "Input" }), needsRows);
      deepEqual(problemsOf("TFRecord"), [
        'step "Predict", Arguments.TransformInput.SplitType: "TFRecord"; Line and None run here',
      ]);
    });

    it("finds data capture", () => {
      deepEqual(problemsOf(undefined, undefined, undefined, { DestinationS3Uri: "s3://bucket" }), [
        'step "Predict", Arguments.DataCaptureConfig: does not run here',
      ]);
    });

    it("finds column filters on JSON, and other media types", () => {
      deepEqual(problemsOf("Line", undefined, "application/jsonlines"), []);
      deepEqual(problemsOf("Line", { JoinSource: "Input" }, "application/json"), [
        'step "Predict", Arguments.DataProcessing: needs ContentType text/csv here',
      ]);
      deepEqual(problemsOf("Line", undefined, "text/libsvm"), [
        'step "Predict", Arguments.TransformInput.ContentType: "text/libsvm"; text/csv, application/json, ' +
          "application/jsonlines run here",
      ]);
    });
  });
});
