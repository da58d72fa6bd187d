import { resolve } from "node:path";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import { imagesOf } from "../../pipeline/language/images";
import type { ContainerImage, Images } from "../standins/images";
import type { RunnableProgram } from "../../offline/program";
import { buildImage, checkDocker, imageId } from "./docker";

const root = resolve(__dirname, "..", "..");

/** The images that a definition trains and serves with. */
function servingImages(definition: PipelineDefinition): ReadonlySet<string> {
  return new Set(
    allSteps(definition)
      .filter(({ step }) => step.Type !== "Processing" && step.Type !== "QualityCheck")
      .flatMap(({ step }) => imagesOf(step)),
  );
}

/**
 * The images whose training and serving jobs run in containers: the Decision Tree image, which is built
 * where it is not on this machine, and every other one that is, but for those of SageMaker that have
 * stand-ins here.
 *
 * @param say takes what a build does
 * @param stopped ends a build
 * @throws UserError where there is no Docker, or the image cannot be built
 */
export async function containerImages(
  uris: Iterable<string>,
  program: Pick<RunnableProgram, "baseImage" | "decisionTreeImageUri">,
  images: Images,
  say: (line: string) => void,
  stopped: AbortSignal,
): Promise<ReadonlyMap<string, ContainerImage>> {
  await checkDocker();
  const { baseImage, decisionTreeImageUri } = program;
  const found = new Map<string, ContainerImage>();
  for (const uri of uris) {
    if (uri === decisionTreeImageUri && (await imageId(uri)) === undefined) {
      say(`building the image ${uri}`);
      const values: Record<string, string> =
        baseImage === undefined ? {} : { BASE_IMAGE: baseImage };
      const build = { tag: uri, context: resolve(root, "container"), arguments: values };
      await buildImage(build, say, stopped);
    }
    const id = images.isPrebuilt(uri) ? undefined : await imageId(uri);
    if (id !== undefined) {
      found.set(uri, { id });
    }
  }
  return found;
}

/** As {@link containerImages}, for the images that a definition trains and serves with. */
export async function containerImagesOf(
  definition: PipelineDefinition,
  ...rest: readonly [
    program: Pick<RunnableProgram, "baseImage" | "decisionTreeImageUri">,
    images: Images,
    say: (line: string) => void,
    stopped: AbortSignal,
  ]
): Promise<ReadonlyMap<string, ContainerImage>> {
  return containerImages(servingImages(definition), ...rest);
}
