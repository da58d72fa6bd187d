import type { ShownEvent } from "../../terminal/events";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import type { ServedApi } from "../environments/awsServices";
import type { ImageOptions } from "../environments/containerImages";
import type { Jobs } from "../environments/jobs";
import type { PreparationOptions } from "../preparation/preparation";
import type { Execution } from "./execution";
import type { ExecutionRequest } from "./request";

/** The options of all executions of a command. */
export interface ExecutionOptions extends ImageOptions {
  /** File or folder with the data of the program's table, and the option that set it. Default: see the README. */
  readonly data?: { readonly path: string; readonly named: string } | undefined;
  /** Whether steps that the stack's policies would deny fail. Default true. */
  readonly authorization?: boolean | undefined;
  /** Analyses the candidates of an execution whose steps have ended. Default: none. */
  readonly diagnose?: ((execution: Execution) => Promise<unknown>) | undefined;
}

/** The options of a run. */
export interface SessionOptions extends PreparationOptions, ExecutionOptions {
  /** The definition to run. Default: the program's. */
  readonly definition?: PipelineDefinition | undefined;
  /** The API's request. Default: a new execution of the program's pipeline. */
  readonly request?: ExecutionRequest | undefined;
  /** Whether steps reuse results of earlier executions, if their CacheConfig allows it. */
  readonly cache: boolean;
  /** Whether it continues the pipeline's latest execution if that was interrupted and has the same request. Default false. */
  readonly continues?: boolean;
  /** Receives events. Default: nobody. */
  readonly report?: (event: ShownEvent) => void;
  /** Serves this machine's SageMaker API and S3 to jobs that call them. Default: none. */
  readonly serve?: (() => Promise<ServedApi>) | undefined;
  /** Runs the jobs; closed when the session ends. */
  readonly jobs: Jobs;
}
