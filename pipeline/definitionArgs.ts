import type { TrainingImage } from "./algorithms";
import type { Candidate } from "./candidates";
import type { ChampionRule } from "./championRule";
import type { Dataset } from "./datasetFields";
import type { FlowSource } from "./flow";
import type { PipelineDefinition } from "./language/definition";
import type { ModelCardTexts } from "./modelCardTexts";
import type { ParameterDefaults } from "./parameters";
import type { JobContext } from "./steps/step";
import type { Tracking } from "./tracking";

/** The arguments that only depend on the configuration, of which none may be left out. */
export type ConfiguredArgs = {
  readonly [
    Name in
      | "candidates"
      | "dataQualityBaseline"
      | "dataset"
      | "gitRevision"
      | "minimumR2Floor"
      | "modelCard"
      | "parameters"
  ]: DefinitionArgs[Name];
};

/** The arguments of a definition: plain values, so that equal arguments give equal definitions. */
export interface DefinitionArgs {
  /** AWS region of the pipeline. */
  readonly region: string;
  /** The project's bucket. */
  readonly bucket: string;
  readonly dataset: Dataset;
  readonly candidates: readonly Candidate[];
  readonly parameters: ParameterDefaults;
  /** Min R² that a start's MinimumR2 cannot lower. Default: only the parameter applies. */
  readonly minimumR2Floor?: number | undefined;
  /**
   * The comparison with the approved model, and the S3 URI of the folder of its script. Default: the best candidate is
   * registered.
   */
  readonly champion?: (ChampionRule & { readonly source: string }) | undefined;
  /** The source and the output's name of the Data Wrangler flow. */
  readonly flowSource: FlowSource;
  readonly flowOutputName: string;
  /** Athena workgroup of the query. */
  readonly workGroup: string;
  /** S3 URIs of the flow, of the row schema, and of the folder of each step's script. */
  readonly sources: {
    readonly flow: string;
    readonly preprocess: string;
    /** Description of the table's rows. Default: none, because models accept encoded rows. */
    readonly rowSchema?: string | undefined;
    readonly evaluate: string;
    readonly compare: string;
    /** Default: models have no drift reference. */
    readonly driftReference?: string | undefined;
    /** Undefined if no candidate is cross-validated. */
    readonly crossValidate?: string | undefined;
  };
  /** URIs of the images. */
  readonly images: {
    readonly dataWrangler: string;
    /** Runs the scripts that belong to no algorithm. */
    readonly scikitLearn: string;
    /** Creates baselines of data. */
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
   * The hash of the table's data, if known. Only then are steps cached, because SageMaker's cache only compares the table's
   * name.
   */
  readonly dataHash?: string | undefined;
  /** Where executions are tracked. Default: SageMaker Experiments. */
  readonly tracking?: Tracking | undefined;
  /** The MLflow app that they are tracked in, and the experiment there. Default: none. */
  readonly mlflow?: PipelineDefinition["MlflowConfig"];
  /** Whether each model is registered with a baseline of its training data, for drift detection. */
  readonly dataQualityBaseline: boolean;
  /** Revision of the deployed source, registered with each model. Default: none. */
  readonly gitRevision?: string | undefined;
  /** The owner's part of each model's card. Default: models have no card. */
  readonly modelCard?: ModelCardTexts | undefined;
}
