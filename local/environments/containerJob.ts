import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";

import type { JobFolder } from "../execution/execution";
import { writeJson } from "../storage/files";
import type { Job } from "./jobs";

/** The process that does the work of an image. */
export interface ImageJob extends Pick<Job, "arguments" | "environment" | "graceSeconds"> {
  readonly program: { readonly module: string };
}

/** What a container runs. */
export interface ContainerRun {
  readonly image: string;
  /** `train` or `serve`: the image's entry point does the rest. */
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it has no network, as EnableNetworkIsolation says. */
  readonly isIsolated: boolean;
  /** Port of this machine by which the container's port 8080 is reached. Default: none. */
  readonly port?: number;
  /** Folders of this machine that it reads at the same places, since its input consists of links to them. */
  readonly readable: readonly string[];
  /** The work folder, by which containers are found that nobody has removed. */
  readonly workFolder: string;
  /** Jobs that share the machine. */
  readonly parallelism: number;
}

/** Seconds between SIGTERM and SIGKILL, as SageMaker gives them. */
const graceSeconds = 120;

/** Seconds beyond in which Docker ends the container. */
const dockerSeconds = 15;

/** Part of the machine's memory that all containers may have together. */
const memoryShare = 0.9;

/**
 * The process that runs a container as SageMaker runs it, in place of the image's stand-in: with the job's
 * folder as `/opt/ml`, its output in the job's log, and its share of the machine.
 */
export function containerJob(
  folder: Pick<JobFolder, "base" | "name">,
  run: ContainerRun,
): ImageJob {
  const request = join(folder.base, "..", "..", "container.json");
  writeJson(request, {
    image: run.image,
    command: [run.command],
    base: folder.base,
    readable: run.readable,
    environment: run.environment,
    isolated: run.isIsolated,
    port: run.port ?? null,
    workFolder: run.workFolder,
    memoryBytes: Math.floor((totalmem() * memoryShare) / run.parallelism),
    cpus: availableParallelism() / run.parallelism,
    graceSeconds,
  });
  return {
    program: { module: "local.standins.jobs.container" },
    arguments: [request],
    environment: {},
    graceSeconds: graceSeconds + dockerSeconds,
  };
}
