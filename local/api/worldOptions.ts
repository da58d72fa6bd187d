import type { ImageOptions } from "../environments/containerImages";
import type { RunnableProgram } from "../../offline/program";
import type { Workspace } from "../records/workspace";
import type { Diagnose } from "../execution/session";

/** What a world on this machine is made of. */
export interface WorldOptions extends ImageOptions {
  readonly workspace: Workspace;
  /** The program, whose images, table and uploads executions have. Evaluated when it is first needed. */
  readonly program: () => Promise<RunnableProgram>;
  readonly region: string;
  readonly accountId: string;
  /** The data of the program's table, and what named it. Default: see the README. */
  readonly data?: { readonly path: string; readonly named: string } | undefined;
  /** Whether steps fail that the stack's policies would deny. Default true. */
  readonly authorization?: boolean | undefined;
  /** Looks closer at the candidates of each execution. Default: nobody does. */
  readonly diagnose?: Diagnose;
  /** Takes lines to show. Default: they are dropped. */
  readonly say?: (line: string) => void;
}
