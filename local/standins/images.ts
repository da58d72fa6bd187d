import { algorithms } from "../../pipeline/algorithms";
import type { TrainingRequest } from "../../pipeline/language/evaluate";

/** A metric that training reports, and how to find it in the log. */
export interface MetricDefinition {
  readonly name: string;
  readonly regex: string;
  /** What stands in each line that has the metric, where that is known: it is looked for much faster. */
  readonly mark?: string;
}

/** An image on this machine, whose training and serving jobs run in containers. */
export interface ContainerImage {
  /** Its id, which is a hash of its content. */
  readonly id: string;
  /** Whether its processing jobs run in containers too. Default false. */
  readonly runsProcessing?: boolean;
}

/** What runs the jobs of an image here. */
export interface Image {
  /** The image itself; if there is one, it trains and serves in place of {@link trainingModule}. */
  readonly container?: ContainerImage;
  /** Module that runs as the entry point of the image's algorithm, with the argument `train` or `serve`. */
  readonly trainingModule?: string;
  /** Metrics that SageMaker knows of a built-in algorithm, without a definition. */
  readonly builtInMetrics?: readonly MetricDefinition[];
  /** Module that runs as the image's entry point in processing. */
  readonly processingModule?: string;
  /** What the modules are given before their own arguments. Default: nothing. */
  readonly moduleArguments?: readonly string[];
  /**
   * Whether its processing container writes its outputs to S3 itself, so that what a failed job has written
   * stays there. Default false: SageMaker uploads them when the job has completed.
   */
  readonly writesToS3?: boolean;
  /** Whose toolkit trains and serves by scripts of the user's: script mode. Default: none. */
  readonly framework?: "scikit-learn" | "xgboost";
  /** Whether its Python runs scripts. */
  readonly runsScripts: boolean;
  /** Files and folders, of the project or by their absolute paths, that decide what its jobs do. */
  readonly sources: readonly string[];
}

/** The module that runs what is in script mode. */
export const scriptModule = "local.standins.script_mode";

const scriptSources = ["local/standins/script_mode", "local/standins/model_server.py"];

/** The module that runs Data Wrangler's flows, and checks them. */
export const flowModule = "local.standins.data_wrangler";

/** Repositories of SageMaker's own images. */
const prebuilt: Readonly<Record<string, Image>> = {
  "sagemaker-data-wrangler-container": {
    processingModule: flowModule,
    // What follows comes from the definition, which cannot trust itself.
    moduleArguments: ["--"],
    // By Spark, through s3a: "Data Wrangler: security and permissions" has it delete objects of its output.
    writesToS3: true,
    runsScripts: false,
    sources: ["local/standins/data_wrangler"],
  },
  "sagemaker-model-monitor-analyzer": {
    processingModule: "local.standins.model_monitor",
    runsScripts: false,
    sources: ["local/standins/model_monitor"],
  },
  "sagemaker-scikit-learn": {
    framework: "scikit-learn",
    runsScripts: true,
    sources: scriptSources,
  },
  "sagemaker-xgboost": {
    trainingModule: "local.standins.xgboost",
    builtInMetrics: algorithms.xgboost.MetricDefinitions.map(({ Name: name, Regex: regex }) => ({
      name,
      regex,
      mark: `${name.replace(":", "-")}:`,
    })),
    framework: "xgboost",
    runsScripts: true,
    sources: [...scriptSources, "local/standins/xgboost", "pipeline/algorithms"],
  },
};

const decisionTree: Image = {
  trainingModule: "decision_tree",
  runsScripts: true,
  sources: ["container/decision_tree"],
};

/** The repository of an image URI: `<registry>/<repository>[:<tag>][@<digest>]`. */
function repository(uri: string): string {
  return uri.replace(/^[^/]*\//, "").replace(/[:@].*$/, "");
}

/** How to run an image that is unknown here. A stack's own image is known with the stack's configuration. */
export function howToRun(uri: unknown): string {
  const [, stack] = /\/restate-([a-z0-9-]+)-decision-tree[:@]/.exec(String(uri)) ?? [];
  return stack === undefined
    ? "use --image to run it"
    : `it is that of stack ${stack}: add its --config-file, or --stack ${stack}`;
}

/** Whether an image trains and serves here by an algorithm of its own. */
export function trains(image: Image | undefined): image is Image {
  return image?.trainingModule !== undefined || image?.container !== undefined;
}

/** Knows images by their URIs. */
export class Images {
  /**
   * @param decisionTreeUri URI of the image that the program builds
   * @param given what the user says that runs the jobs of images, by their URIs
   * @param containers images whose training and serving jobs run in containers, by their URIs
   * @param trustCode whether the custom code of flows runs
   */
  constructor(
    private readonly decisionTreeUri: string,
    private readonly given: ReadonlyMap<string, Image> = new Map(),
    private readonly containers: ReadonlyMap<string, ContainerImage> = new Map(),
    private readonly trustCode = false,
  ) {}

  /** The same, with images whose training and serving jobs run in containers. */
  withContainers(containers: ReadonlyMap<string, ContainerImage>): Images {
    return new Images(this.decisionTreeUri, this.given, containers, this.trustCode);
  }

  /** What runs the jobs of an image here; undefined if nothing does. */
  find(uri: string): Image | undefined {
    const given = this.given.get(uri);
    if (given !== undefined) {
      return given;
    }
    const name = repository(uri);
    const standIn = name === repository(this.decisionTreeUri) ? decisionTree : prebuilt[name];
    if (this.trustCode && standIn?.processingModule === flowModule) {
      return { ...standIn, moduleArguments: ["--trust-code", "--"] };
    }
    const container = this.containers.get(uri);
    return container === undefined
      ? standIn
      : { runsScripts: false, sources: [], ...standIn, container };
  }

  /** Whether what runs an image's jobs is fixed: it is one of SageMaker's own, or the user says what does. */
  isFixed(uri: string): boolean {
    return this.given.has(uri) || prebuilt[repository(uri)] !== undefined;
  }

  /** What a message can say of the images that {@link find} knows. */
  get known(): string {
    return [...Object.keys(prebuilt), repository(this.decisionTreeUri)].join(", ");
  }
}

/**
 * Splits the one argument that Data Wrangler's container takes, in which the quotes of a shell stand:
 * `--output-config '{...}'`.
 */
export function splitQuoted(argument: string): readonly string[] {
  const [, option, value] = /^(--\S+)\s+'(.*)'$/s.exec(argument) ?? [];
  return option === undefined || value === undefined ? [argument] : [option, value];
}

/** The metric definitions of a training job: its own, or the ones that are known of the image. */
export function metricDefinitions(
  own: NonNullable<TrainingRequest["AlgorithmSpecification"]>["MetricDefinitions"],
  image: Image,
): readonly MetricDefinition[] {
  return (
    own?.map(({ Name: name = "", Regex: regex = "" }) => ({ name, regex })) ??
    image.builtInMetrics ??
    []
  );
}
