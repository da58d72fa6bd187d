import type { Job } from "./jobs";
import type { JobFolder } from "./jobFolder";

/** The command of a processing container. */
export interface ProcessingTask {
  /** Replaces the image's entry point. Default: the image's. */
  readonly entrypoint?: readonly string[] | undefined;
  readonly arguments?: readonly string[] | undefined;
}

/** The container of a job. */
export interface Container {
  /** Its folder, which replaces `/opt/ml`. */
  readonly folder: Pick<JobFolder, "base" | "name">;
  /** URI of its image. */
  readonly image: string;
  /** Its command: `train`, `serve`, or that of a processing job. */
  readonly task: ProcessingTask | "serve" | "train";
  /** Whether it runs the user's code (script mode), which is already in place. Default false. */
  readonly hasScript?: boolean;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it has no network (EnableNetworkIsolation). */
  readonly isIsolated: boolean;
  /** Port of this machine for a serving container's port 8080. Default: none. */
  readonly port?: number;
}

/** The command that a job runner executes for a container. */
export type Program = Pick<Job, "arguments" | "environment" | "graceSeconds" | "program">;

/** The arguments of `python` that run a program. */
export function pythonWords({ arguments: values, program }: Program): readonly string[] {
  return "module" in program
    ? ["-m", program.module, ...values]
    : ["-u", program.script, ...values];
}

/** Runs the containers of jobs, or processes in their place. */
export interface Environment {
  /** Replaces paths in a value by the job's: its folder is only `/opt/ml` in a container. */
  readonly paths: <Value>(value: Value, folder: Pick<JobFolder, "base">) => Value;
  /** The command for a container. */
  readonly program: (container: Container) => Program;
}
