import type { Image } from "../standins/images";
import { containers, type Machine } from "./containerEnvironment";
import type { Environment } from "./environment";
import { processes } from "./processEnvironment";

/** Where the jobs of an image run. */
export function environmentOf(machine: Machine, image: Image | undefined): Environment {
  return image?.container === undefined ? processes(image) : containers(machine);
}
