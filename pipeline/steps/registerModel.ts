import type { RegisterModelArguments, RegisterModelStep } from "../language/definition";
import type { StringExpression } from "../language/expressions";
import { parameter } from "../parameters";
import { callRetries } from "./step";

export interface RegisterModelStepArgs {
  readonly name: string;
  readonly modelPackageGroupName: string;
  /** The model's containers, in the order of invocation; several are an inference pipeline. */
  readonly containers: readonly {
    readonly imageUri: string;
    /** S3 URI of the model artifact. Default: the container needs none. */
    readonly modelUri?: StringExpression;
    /** Environment variables. Default: none. */
    readonly environment?: Readonly<Record<string, StringExpression>>;
  }[];
  /** S3 URI of the evaluation report, in SageMaker's model quality form. */
  readonly evaluationUri: StringExpression;
  /** S3 URIs of the baseline of the training data. Default: none. */
  readonly dataQualityBaseline?: {
    readonly statistics: StringExpression;
    readonly constraints: StringExpression;
  };
  /** Media types of the image's requests and responses. */
  readonly contentTypes: readonly string[];
  readonly responseTypes: readonly string[];
  /** The model's card. Default: none. */
  readonly modelCard?: RegisterModelArguments["ModelCard"];
  /** Metadata of the model package: at most 50 values of at most 256 characters; undefined ones are left out. */
  readonly metadata: Readonly<Record<string, StringExpression | undefined>>;
}

const inferenceInstanceTypes = ["ml.t2.medium", "ml.m5.large", "ml.m5.xlarge", "ml.c5.large"];
const transformInstanceTypes = ["ml.m5.large", "ml.m5.xlarge"];

type MetricsSource = NonNullable<
  NonNullable<NonNullable<RegisterModelArguments["ModelMetrics"]>["ModelQuality"]>["Statistics"]
>;

function jsonDocument(uri: StringExpression): MetricsSource {
  return { ContentType: "application/json", S3Uri: uri };
}

/** Builds a RegisterModel step. Its arguments are CreateModelPackage's. */
export function registerModelStep(args: RegisterModelStepArgs): RegisterModelStep {
  const baseline = args.dataQualityBaseline;
  const metadata = Object.entries(args.metadata).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const dataQuality = baseline && {
    ModelDataQuality: {
      Statistics: jsonDocument(baseline.statistics),
      Constraints: jsonDocument(baseline.constraints),
    },
  };
  return {
    Name: args.name,
    Type: "RegisterModel",
    RetryPolicies: callRetries,
    Arguments: {
      ModelPackageGroupName: args.modelPackageGroupName,
      ModelApprovalStatus: parameter("ModelApprovalStatus"),
      InferenceSpecification: {
        Containers: args.containers.map(({ environment, imageUri, modelUri }) => ({
          Image: imageUri,
          ModelDataUrl: modelUri,
          Environment: environment,
        })),
        SupportedContentTypes: args.contentTypes,
        SupportedResponseMIMETypes: args.responseTypes,
        SupportedRealtimeInferenceInstanceTypes: inferenceInstanceTypes,
        SupportedTransformInstanceTypes: transformInstanceTypes,
      },
      ModelMetrics: {
        ModelQuality: { Statistics: jsonDocument(args.evaluationUri) },
        ...dataQuality,
      },
      DriftCheckBaselines: dataQuality,
      CustomerMetadataProperties: Object.fromEntries(metadata),
      ModelCard: args.modelCard,
    },
  };
}
