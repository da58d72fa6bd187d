import { containerJob, type ContainerRun, type ImageJob } from "../../environments/containerJob";
import type { Execution, JobFolder } from "../execution";
import type { Image } from "../../standins/images";
import type { ObjectStore } from "../../storage/objectStore";
import { serverEnvironment } from "../../environments/server";

/** What a training or serving job of an image runs. */
export type ImageRun = Pick<
  ContainerRun,
  "command" | "environment" | "image" | "isIsolated" | "port"
>;

/** Where a job runs. */
export interface JobPlace {
  readonly store: ObjectStore;
  readonly workFolder: string;
  /** Jobs that share the machine. */
  readonly parallelism: number;
}

/** Where the jobs of an execution run. */
export function placeOf({ jobs, store, workFolder }: Execution): JobPlace {
  return { store, workFolder, parallelism: jobs.parallelism };
}

/** The process of a training or serving job: a container of the image, or its stand-in. */
export function imageJob(
  place: JobPlace,
  image: Image | undefined,
  folder: Pick<JobFolder, "base" | "name">,
  run: ImageRun,
): ImageJob {
  const { parallelism, store, workFolder } = place;
  if (image?.container !== undefined) {
    const readable = [store.folder];
    return containerJob(folder, { ...run, readable, workFolder, parallelism });
  }
  return {
    program: { module: image?.trainingModule ?? "" },
    arguments: [run.command],
    environment: {
      ...run.environment,
      SAGEMAKER_BASE_DIR: folder.base,
      ...(run.port === undefined ? {} : serverEnvironment(folder.base, run.port)),
    },
  };
}
