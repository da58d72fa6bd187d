import type { Image } from "../standins/images";
import { containers, type Machine } from "./containerEnvironment";
import type { Environment } from "./environment";
import { processes } from "./processEnvironment";

/**
 * The environment of an image's jobs.
 * @param kind of job; processing jobs use processes even with `--docker`
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
