import type { TrainingImage } from "./algorithms";
import type { Candidate } from "./candidates";
import type { ChampionRule } from "./championRule";
import type { Dataset } from "./dataset";
import type { FlowSource } from "./flow";
import type { PipelineDefinition } from "./language/definition";
import type { ModelCardTexts } from "./modelCardTexts";
import type { ParameterDefaults } from "./parameters";
import type { JobContext } from "./steps/step";
import type { Tracking } from "./tracking";

/** Everything that a definition is made of: plain values, so that equal ones give equal definitions. */
export interface DefinitionArgs {
  /** AWS region of the pipeline. */
  readonly region: string;
  /** The project's bucket. */
  readonly bucket: string;
  readonly dataset: Dataset;
  readonly candidates: readonly Candidate[];
  readonly parameters: ParameterDefaults;
  /** R² below which no start can register a model, whatever its MinimumR2. Default: the parameter alone decides. */
  readonly minimumR2Floor?: number | undefined;
  /**
   * What a candidate must do to be registered where a model is approved, and the S3 URI of the folder of challenge.py
   * and what it imports. Default: the best candidate is registered.
   */
  readonly champion?: (ChampionRule & { readonly source: string }) | undefined;
  /** What the Data Wrangler flow of the dataset reads, and the name of its output. */
  readonly flowSource: FlowSource;
  readonly flowOutputName: string;
  /** Athena workgroup of the query. */
  readonly workGroup: string;
  /** S3 URIs of the uploaded sources. */
  readonly sources: {
    readonly flow: string;
    /** The folder of preprocess.py and what it imports. */
    readonly preprocess: string;
    /** What is known of the table's rows. Default: models take encoded rows, so nobody asks. */
    readonly rowSchema?: string | undefined;
    readonly evaluate: string;
    readonly compare: string;
    /**
     * The folder of evaluate.py and what makes a model's reference of it, to find drift by. Default: models have no
     * such reference.
     */
    readonly driftReference?: string | undefined;
    /** Undefined where no candidate is cross-validated. */
    readonly crossValidate?: string | undefined;
  };
  /** URIs of the images. */
  readonly images: {
    readonly dataWrangler: string;
    /** Runs the scripts that belong to no algorithm. */
    readonly scikitLearn: string;
    /** Makes baselines of data. */
    readonly modelMonitor: string;
    /** The image of each algorithm, which trains, evaluates and serves its models. */
    readonly algorithms: Readonly<Record<TrainingImage, string>>;
  };
  readonly modelPackageGroupName: string;
  /** ARNs of the roles that the jobs assume. */
  readonly roles: {
    readonly processing: string;
    readonly training: string;
    readonly evaluation: string;
  };
  readonly context: JobContext;
  /**
   * What the table's data hashes to, where that is known. Steps that have run on it are taken from
   * SageMaker's cache; of unknown data nothing is, since the cache knows the table only by its name.
   */
  readonly dataHash?: string | undefined;
  /** Where executions are tracked. Default: SageMaker Experiments. */
  readonly tracking?: Tracking | undefined;
  /** The MLflow app that they are tracked in, and the experiment there. Default: none. */
  readonly mlflow?: PipelineDefinition["MlflowConfig"];
  /** Whether each model is registered with a baseline of its training data, to find drift against. */
  readonly dataQualityBaseline: boolean;
  /** Revision of the source that is deployed, kept with each model. Default: none. */
  readonly gitRevision?: string | undefined;
  /** What the card of each model says that only its owner knows. Default: models have no card. */
  readonly modelCard?: ModelCardTexts | undefined;
}
