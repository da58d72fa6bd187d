import type { QualityCheckStep } from "../language/definition";
import { type Reference, stepProperty, type StringExpression } from "../language/expressions";
import { folder, processingArguments, s3Input } from "./processing";
import { cached, type JobContext, jobRetries, tags } from "./step";

export interface DataQualityStepArgs {
  readonly name: string;
  /** The image sagemaker-model-monitor-analyzer. */
  readonly imageUri: string;
  readonly modelPackageGroupName: string;
  /**
   * S3 URI of a folder, with a final slash, of CSV rows without a header, label first, like an endpoint's captured responses
   * and requests.
   */
  readonly datasetUri: StringExpression;
  readonly outputUri: StringExpression;
  readonly roleArn: string;
  readonly context: JobContext;
}

/** A quality check step, and references to its baseline. */
export interface DataQuality {
  readonly step: QualityCheckStep;
  /** S3 URIs of the baseline's documents. */
  readonly statistics: Reference;
  readonly constraints: Reference;
}

/**
 * Builds a QualityCheck step that creates a baseline of data for Model Monitor. It checks nothing itself: each execution's
 * data becomes the baseline of its own model.
 * Source of the form: QualityCheckStep of the SageMaker Python SDK.
 */
export function dataQualityStep(args: DataQualityStepArgs): DataQuality {
  const { name } = args;
  const input = "baseline_dataset_input";
  const dataset = folder(`input/${input}`);
  const output = folder("output");
  return {
    step: {
      Name: name,
      Type: "QualityCheck",
      CheckType: "DATA_QUALITY",
      ModelPackageGroupName: args.modelPackageGroupName,
      SkipCheck: true,
      FailOnViolation: false,
      RegisterNewBaseline: true,
      RetryPolicies: jobRetries,
      CacheConfig: cached,
      Arguments: {
        ...processingArguments({
          imageUri: args.imageUri,
          roleArn: args.roleArn,
          context: args.context,
          environment: {
            dataset_format: JSON.stringify({
              csv: { header: false, output_columns_position: "START" },
            }),
            dataset_source: dataset,
            output_path: output,
            publish_cloudwatch_metrics: "Disabled",
          },
          inputs: [s3Input(input, args.datasetUri, dataset)],
          outputs: { quality_check_output: { folder: output, uri: args.outputUri } },
        }),
        Tags: tags(args.context),
      },
    },
    statistics: stepProperty(name, "CalculatedBaselineStatistics"),
    constraints: stepProperty(name, "CalculatedBaselineConstraints"),
  };
}
