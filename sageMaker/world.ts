import type { SageMakerClient } from "@aws-sdk/client-sagemaker";

import type { World as Machine } from "../local/api/world";
import type { ClientConfig } from "./clients";
import type { Pipeline } from "./inventory";

/** Where a command works: a stack in AWS, or this machine. */
export interface World {
  /** The configuration of the clients of other services. */
  readonly config: ClientConfig;
  readonly client: SageMakerClient;
  /** What has the executions, for messages. */
  readonly place: string;
  /** Turns a command line, such as `stop ID`, into what the user types for this world. */
  readonly command: (line: string) => string;
  /** The pipelines: a stack's, or those of the work folder. */
  readonly pipelines: () => Promise<readonly Pipeline[]>;
  /** The model package groups: a stack's, or those of the work folder. */
  readonly modelPackageGroups: () => Promise<readonly string[]>;
  /** The deployed definition of the stack's pipeline, as JSON. */
  readonly deployedDefinition: () => string;
  /** What answers the clients, if that is this machine. */
  readonly machine?: Machine | undefined;
  /** Stops what runs for the world in this process. */
  readonly close: () => Promise<void>;
}
