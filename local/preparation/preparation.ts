import { check } from "../../pipeline/language/check";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { withParameters } from "../../pipeline/language/evaluate";
import type { Json } from "../../pipeline/language/json";
import { UserError } from "../../errors/userError";
import { parameterValues } from "../../terminal/parameters";
import { allSteps } from "../../pipeline/language/graph";
import { imagesOf } from "../../pipeline/language/images";
import { findImages, type ImageOptions } from "../environments/containerImages";
import { unsupportedFlows } from "./flowCheck";
import type { Images } from "../standins/images";
import type { Program } from "../../offline/program";
import { checkSources } from "./sourceCheck";
import { ignored, unsupported } from "./support";
import type { Workspace } from "../records/workspace";

/** The inputs of the checks before a run. */
export interface PreparationOptions extends ImageOptions {
  readonly program: Program;
  /** Values of the pipeline's parameters, as text. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly workspace: Workspace;
  /** Folder in the layout of S3, with objects for the definition. Default: none. */
  readonly s3?: string | undefined;
  /** Stops the run in order: its processes end, and it is recorded as stopped. */
  readonly stopped: AbortSignal;
  /** Prints a line. */
  readonly say: (line: string) => void;
}

/** @throws UserError with every problem */
function refuse(problems: readonly string[]): void {
  if (problems.length > 0) {
    throw new UserError(`the definition cannot run:\n  ${problems.join("\n  ")}`);
  }
}

/**
 * Refuses a definition with unsupported features.
 * @throws UserError with every problem
 */
async function checkSupport(
  definition: PipelineDefinition,
  images: Images,
  { program, s3, say, workspace }: PreparationOptions,
): Promise<void> {
  const { uploads } = program;
  const folders = [...(s3 === undefined ? [] : [s3]), workspace.objects];
  const objects = { uploads, folders, cache: workspace.cache };
  const sources = await checkSources(definition, images, objects);
  refuse([
    ...unsupported(definition, images),
    ...(await unsupportedFlows(definition, images, objects)),
    ...sources.problems,
  ]);
  for (const warning of [...sources.warnings, ...ignored(definition)]) {
    say(`warning: ${warning}`);
  }
}

/** The images that a definition trains and serves with. */
function servingImages(definition: PipelineDefinition): ReadonlySet<string> {
  return new Set(
    allSteps(definition)
      .filter(({ step }) => step.Type !== "Processing" && step.Type !== "QualityCheck")
      .flatMap(({ step }) => imagesOf(step)),
  );
}

/** A prepared definition. */
export interface Prepared {
  readonly images: Images;
  readonly parameters: ReadonlyMap<string, Json>;
}

/**
 * Prepares a definition. Refuses it if it is broken, its parameters are not valid, or it has unsupported features, with all
 * problems of a kind at once.
 *
 * @throws UserError for users' mistakes
 */
export async function prepare(
  options: PreparationOptions,
  definition: PipelineDefinition,
): Promise<Prepared> {
  refuse(check(definition, { foreign: true }));
  const parameters = parameterValues(definition, options.parameters);
  const known = withParameters(definition, parameters);
  // The values of this execution must be valid in the requests, too.
  refuse(check(known, { foreign: true }));
  const { program, say, stopped } = options;
  const images = await findImages(servingImages(known), program, options, say, stopped);
  await checkSupport(known, images, options);
  return { images, parameters };
}
