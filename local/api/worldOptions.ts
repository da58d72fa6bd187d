import type { Program } from "../../offline/program";
import type { ExecutionOptions } from "../execution/options";
import type { Workspace } from "../records/workspace";

export interface WorldOptions extends ExecutionOptions {
  readonly workspace: Workspace;
  /** The program, with images, table and uploads for executions. Evaluated on demand. */
  readonly program: () => Promise<Program>;
  readonly region: string;
  readonly accountId: string;
  /** Prints a line. Default: no output. */
  readonly say?: (line: string) => void;
}
