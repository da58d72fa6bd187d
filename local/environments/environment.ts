import type { Job } from "./jobs";
import type { JobFolder } from "./jobFolder";

/** What runs in a processing container. */
export interface ProcessingTask {
  /** Replaces the image's own entry point. Default: that one. */
  readonly entrypoint?: readonly string[] | undefined;
  readonly arguments?: readonly string[] | undefined;
}

/** The container of a job, as SageMaker would start it. */
export interface Container {
  /** Its folder, which stands for `/opt/ml`. */
  readonly folder: Pick<JobFolder, "base" | "name">;
  /** URI of its image. */
  readonly image: string;
  /** What for: a container that trains or serves is told by that word, one that processes as its job says. */
  readonly task: ProcessingTask | "serve" | "train";
  /** Whether it trains or serves by code of the user's, which is there already: script mode. Default false. */
  readonly hasScript?: boolean;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it has no network, as EnableNetworkIsolation says. */
  readonly isIsolated: boolean;
  /** Port of this machine by which a serving container's port 8080 is reached. Default: none. */
  readonly port?: number;
}

/** What a job runner runs to do a container's work. */
export type Program = Pick<Job, "arguments" | "environment" | "graceSeconds" | "program">;

/** The words after `python` that run a program. */
export function pythonWords({ arguments: values, program }: Program): readonly string[] {
  return "module" in program
    ? ["-m", program.module, ...values]
    : ["-u", program.script, ...values];
}

/** Where the containers of jobs run: in processes that stand in for them, or as they are. */
export interface Environment {
  /** A value with the paths in it as the job sees them: its folder is `/opt/ml` only in a container. */
  readonly paths: <Value>(value: Value, folder: Pick<JobFolder, "base">) => Value;
  /** What runs to do a container's work. */
  readonly program: (container: Container) => Program;
}
