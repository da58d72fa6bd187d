import { resolve } from "node:path";

import { UserError } from "../../errors/userError";
import { type ContainerImage, type Image, Images } from "../standins/images";
import { programFolder } from "./programFolder";
import type { Program } from "../../offline/program";
import { buildImage, checkDocker, imageId } from "./docker";

/** The program's own image. */
type ImageProgram = Pick<Program, "baseImage" | "decisionTreeImageUri">;

const root = resolve(__dirname, "..", "..");

/**
 * The images whose training and serving jobs run in containers: the Decision Tree image, which is built if needed, and
 * other images on this machine, except SageMaker's with stand-ins.
 *
 * @param say prints a build's output
 * @param stopped ends a build
 * @throws UserError if there is no Docker, or the image cannot be built
 */
async function containerImages(
  uris: Iterable<string>,
  program: ImageProgram,
  images: Images,
  say: (line: string) => void,
  stopped: AbortSignal,
): Promise<ReadonlyMap<string, ContainerImage>> {
  await checkDocker();
  const { baseImage, decisionTreeImageUri } = program;
  const found = new Map<string, ContainerImage>();
  for (const uri of [...uris].filter((one) => !images.isFixed(one))) {
    if (uri === decisionTreeImageUri && (await imageId(uri)) === undefined) {
      say(`building the image ${uri}`);
      const values: Record<string, string> =
        baseImage === undefined ? {} : { BASE_IMAGE: baseImage };
      const build = { tag: uri, context: resolve(root, "container"), arguments: values };
      await buildImage(build, say, stopped);
    }
    const id = await imageId(uri);
    if (id !== undefined) {
      found.set(uri, { id });
    }
  }
  return found;
}

/** The user's options for how images' jobs run. */
export interface ImageOptions {
  /** Whether training and serving use containers, for images on this machine. Default false. */
  readonly docker?: boolean;
  /** The folder of an image's program, or `docker` for a container, by the image's URI. Default: none. */
  readonly images?: ReadonlyMap<string, string> | undefined;
  /** Whether the custom code of Data Wrangler flows runs. Default false. */
  readonly trustCode?: boolean | undefined;
}

async function givenImage(uri: string, value: string): Promise<Image> {
  const option = `--image ${uri}=${value}`;
  if (value !== "docker") {
    return programFolder(option, value);
  }
  await checkDocker();
  const id = await imageId(uri);
  if (id === undefined) {
    throw new UserError(`${option}: the image is not on this machine; run \`docker pull ${uri}\``);
  }
  return { container: { id, runsProcessing: true }, runsScripts: true, sources: [] };
}

/**
 * How the jobs of images run.
 *
 * @param uris the images that may run in containers
 * @param say prints a build's output
 * @param stopped ends a build
 * @throws UserError if an option names something that does not exist, or an image cannot be built
 */
export async function findImages(
  uris: Iterable<string>,
  program: ImageProgram,
  { docker = false, images: given = new Map<string, string>(), trustCode }: ImageOptions,
  say: (line: string) => void,
  stopped: AbortSignal,
): Promise<Images> {
  const named = new Map<string, Image>();
  for (const [uri, value] of given) {
    named.set(uri, await givenImage(uri, value));
  }
  const images = new Images(program.decisionTreeImageUri, named, new Map(), trustCode);
  return docker
    ? images.withContainers(await containerImages(uris, program, images, say, stopped))
    : images;
}
