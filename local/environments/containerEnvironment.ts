import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";

import { writeJson } from "../storage/files";
import type { ObjectStore } from "../storage/objectStore";
import type { Environment, ProcessingTask } from "./environment";

/** Settings that containers share. */
export interface Machine {
  /** Its folder is mounted at the same path, because a job's inputs are links to it. */
  readonly store: Pick<ObjectStore, "folder">;
  /** The work folder, which labels containers so that leftover ones can be removed. */
  readonly workFolder: string;
  /** Jobs that share the machine. */
  readonly parallelism: number;
}

/** Seconds between SIGTERM and SIGKILL, as SageMaker gives them. */
const graceSeconds = 120;

/** Further seconds for Docker to end the container. */
const dockerSeconds = 15;

/** Share of the machine's memory for all containers together. */
const memoryShare = 0.9;

/**
 * Runs containers like SageMaker: with the job's folder as `/opt/ml`, their output in the job's log, and a share of the
 * machine.
 */
export function containers({ parallelism, store, workFolder }: Machine): Environment {
  return {
    paths: (value) => value,
    program: ({ environment, folder, image, isIsolated, port, task }) => {
      const { arguments: command = [], entrypoint = [] }: ProcessingTask =
        typeof task === "string" ? { arguments: [task] } : task;
      const request = join(folder.base, "..", "..", "container.json");
      writeJson(request, {
        image,
        entrypoint,
        command,
        base: folder.base,
        readable: [store.folder],
        environment,
        isolated: isIsolated,
        port: port ?? null,
        workFolder,
        memoryBytes: Math.floor((totalmem() * memoryShare) / parallelism),
        cpus: availableParallelism() / parallelism,
        graceSeconds,
      });
      return {
        program: { module: "local.standins.jobs.container" },
        arguments: [request],
        environment: {},
        graceSeconds: graceSeconds + dockerSeconds,
      };
    },
  };
}
