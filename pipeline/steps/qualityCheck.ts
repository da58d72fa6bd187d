import type { DefinitionArgs } from "../definitionArgs";
import type { QualityCheckStep } from "../language/definition";
import { type Reference, stepProperty, type StringExpression } from "../language/expressions";
import { executionUri } from "../storage";
import { folder, processingArguments, s3Input } from "./processing";
import { cached, jobRetries, tags } from "./step";

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
 *
 * @param datasetUri S3 URI of a folder, with a final slash, of CSV rows without a header, label first, like an endpoint's
 *   captured responses and requests
 */
export function dataQualityStep(args: DefinitionArgs, datasetUri: StringExpression): DataQuality {
  const name = "DataQualityBaseline";
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
          imageUri: args.images.modelMonitor,
          roleArn: args.roles.evaluation,
          context: args.context,
          environment: {
            dataset_format: JSON.stringify({
              csv: { header: false, output_columns_position: "START" },
            }),
            dataset_source: dataset,
            output_path: output,
            publish_cloudwatch_metrics: "Disabled",
          },
          inputs: [s3Input(input, datasetUri, dataset)],
          outputs: {
            quality_check_output: { folder: output, uri: executionUri(args.bucket, "baseline") },
          },
        }),
        Tags: tags(args.context),
      },
    },
    statistics: stepProperty(name, "CalculatedBaselineStatistics"),
    constraints: stepProperty(name, "CalculatedBaselineConstraints"),
  };
}
