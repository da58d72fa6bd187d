import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";

import { UserError } from "../../errors/userError";
import type { Image } from "../standins/images";
import type { ObjectStore } from "../storage/objectStore";
import { unpackModel } from "./server";

/** The code of a training job or a model in script mode. */
export interface Source {
  /** Path of the script in the code. */
  readonly program: string;
  /** S3 URI of a `sourcedir.tar.gz`, or a path in `/opt/ml`. */
  readonly place: string;
}

/** The images' toolkits' default folder of code. */
const defaultPlace = "/opt/ml/code";

/** A hyperparameter's value, from JSON if it is valid JSON. */
function parsed(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

/** The script in hyperparameters; undefined if they are an algorithm's. */
export function trainingSource(
  hyperparameters: Readonly<Record<string, string>> = {},
): Source | undefined {
  const { sagemaker_program: program, sagemaker_submit_directory: place = defaultPlace } =
    hyperparameters;
  return program === undefined ? undefined : { program: parsed(program), place: parsed(place) };
}

/** The script in a model's environment; undefined if the image needs none. */
export function modelSource(
  image: Pick<Image, "framework"> | undefined,
  environment: Readonly<Record<string, string>> = {},
): Source | undefined {
  const { SAGEMAKER_PROGRAM: program, SAGEMAKER_SUBMIT_DIRECTORY: place = defaultPlace } =
    environment;
  const hasScript = image?.framework !== undefined && program !== undefined && program !== "";
  return hasScript ? { program, place } : undefined;
}

/** The S3 URI of the code; undefined if it is not in S3. */
export function sourceUri({ place }: Source): string | undefined {
  return place.startsWith("s3://") ? place : undefined;
}

/**
 * Unpacks the code to `/opt/ml/code`, like the images' toolkits.
 * @param base the folder that replaces `/opt/ml`
 * @throws UserError if the code does not exist
 */
export async function placeSource(store: ObjectStore, base: string, source: Source): Promise<void> {
  const code = join(base, "code");
  const uri = sourceUri(source);
  if (uri !== undefined) {
    if (!store.isObject(uri)) {
      throw new UserError(`there is no code at ${uri}`);
    }
    await unpackModel(store.path(uri), code);
    return;
  }
  await mkdir(code, { recursive: true });
  const from = join(base, source.place.replace(/^\/opt\/ml(\/|$)/, ""));
  if (from !== code) {
    await cp(from, code, { recursive: true }).catch(() => {
      throw new UserError(`the model has no code at ${source.place}`);
    });
  }
}
