import type { Image } from "../standins/images";
import { containers, type Machine } from "./containerEnvironment";
import type { Environment } from "./environment";
import { processes } from "./processEnvironment";

/**
 * Where the jobs of an image run.
 * @param kind of job: with `--docker`, those that process run in processes all the same
 */
export function environmentOf(
  machine: Machine,
  image: Image | undefined,
  kind: "model" | "processing",
): Environment {
  const { container } = image ?? {};
  const isContained =
    container !== undefined && (kind === "model" || container.runsProcessing === true);
  return isContained ? containers(machine) : processes(image);
}
