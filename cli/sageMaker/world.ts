import type { World as Machine } from "../../local/api/world";
import type { ClientConfig } from "./clients";
import type { Pipeline } from "./inventory";

/** Where a command works: a stack in AWS, or this machine. */
export interface World {
  readonly client: ClientConfig;
  /** What has executions, in words. */
  readonly place: string;
  /** A command line, such as `stop ID`, as it is typed for this world. */
  readonly command: (line: string) => string;
  /** The pipelines whose executions are meant: a stack's, or those of the work folder. */
  readonly pipelines: () => Promise<readonly Pipeline[]>;
  /** The model package groups that are meant: a stack's, or those of the work folder. */
  readonly modelPackageGroups: () => Promise<readonly string[]>;
  /** The definition of the stack's pipeline as it is deployed, as JSON. */
  readonly deployedDefinition: () => string;
  /** What is behind the clients, where that is this machine. */
  readonly machine?: Machine | undefined;
  /** Stops what runs in this process for the world. */
  readonly close: () => Promise<void>;
}
