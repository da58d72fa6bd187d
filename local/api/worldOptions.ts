import type { ImageOptions } from "../environments/containerImages";
import type { Program } from "../../offline/program";
import type { Workspace } from "../records/workspace";
import type { Diagnose } from "../execution/session";

export interface WorldOptions extends ImageOptions {
  readonly workspace: Workspace;
  /** The program, with images, table and uploads for executions. Evaluated on demand. */
  readonly program: () => Promise<Program>;
  readonly region: string;
  readonly accountId: string;
  /** The data of the program's table, and the option that set it. Default: see the README. */
  readonly data?: { readonly path: string; readonly named: string } | undefined;
  /** Whether steps that the stack's policies would deny fail. Default true. */
  readonly authorization?: boolean | undefined;
  /** Analyses the candidates of each execution. Default: none. */
  readonly diagnose?: Diagnose;
  /** Prints a line. Default: no output. */
  readonly say?: (line: string) => void;
}
