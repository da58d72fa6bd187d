import type { PipelineDefinition, Step } from "../../pipeline/language/definition";
import { literal } from "../../pipeline/language/expressions";
import { allSteps } from "../../pipeline/language/graph";
import { unpackModel } from "../environments/server";
import { modelSource, sourceUri, trainingSource } from "../environments/sources";
import { frameworkFolders, readEntrypoint } from "../environments/entrypoint";
import { type Images, scriptModule } from "../standins/images";
import { fileOf, type KnownObjects } from "./flowCheck";
import { runModule } from "../environments/service";
import { inTemporaryFolder } from "../storage/files";

/** Code in S3, with the path of its script, or a runproc.sh. */
interface Code {
  readonly uri: string;
  readonly program: string;
}

/** The members that are texts; others are unknown before the run. */
function literals(values: object | null | undefined): Readonly<Record<string, string>> {
  const all = Object.entries(values ?? {}) as [string, unknown][];
  return Object.fromEntries(
    all.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** The code of a step's job; undefined if it is not in S3, or unknown before the run. */
function codeOf(step: Step, images: Images, objects: KnownObjects): Code | undefined {
  if (step.Type === "Processing") {
    const { AppSpecification: application, ProcessingInputs: inputs = [] } = step.Arguments;
    const words = (application?.ContainerEntrypoint ?? []).map((word) => literal(word) ?? "");
    const inputAt = (folder: string): string | undefined =>
      literal(
        inputs?.find(
          ({ S3Input: input }) => literal(input?.LocalPath)?.replace(/\/$/, "") === folder,
        )?.S3Input?.S3Uri,
      );
    const [uri, script] = [inputAt(frameworkFolders.code), inputAt(frameworkFolders.entrypoint)];
    const program = script === undefined ? undefined : fileOf(script, objects);
    return readEntrypoint(words)?.kind === "framework" && uri !== undefined && program !== undefined
      ? { uri, program }
      : undefined;
  }
  const container = step.Type === "Model" ? step.Arguments.PrimaryContainer : undefined;
  const source =
    step.Type === "Training"
      ? trainingSource(literals(step.Arguments.HyperParameters))
      : step.Type === "Tuning"
        ? trainingSource(literals(step.Arguments.TrainingJobDefinition?.StaticHyperParameters))
        : modelSource(
            images.find(literal(container?.Image) ?? ""),
            literals(container?.Environment),
          );
  const uri = source && sourceUri(source);
  return source && uri !== undefined ? { uri, program: source.program } : undefined;
}

/** Errors and warnings about code. */
interface SourceFindings {
  /** Why it does not run here. */
  readonly problems: readonly string[];
  /** What differs from the image. */
  readonly warnings: readonly string[];
}

/**
 * Checks the code of a definition's scripts, if it is in S3 before the run.
 * @param definition with its parameters' values
 */
export async function checkSources(
  definition: PipelineDefinition,
  images: Images,
  objects: KnownObjects,
): Promise<SourceFindings> {
  const found = allSteps(definition).map(async ({ step }): Promise<SourceFindings> => {
    const code = codeOf(step, images, objects);
    const archive = code && fileOf(code.uri, objects);
    if (code === undefined || archive === undefined) {
      return { problems: [], warnings: [] };
    }
    const { problems, warnings } = await inTemporaryFolder(async (folder) => {
      await unpackModel(archive, folder);
      const checked = await runModule(scriptModule, ["check", folder, code.program]);
      return JSON.parse(checked) as SourceFindings;
    });
    const place = (text: string): string => `step "${step.Name}", ${code.uri}: ${text}`;
    return { problems: problems.map(place), warnings: warnings.map(place) };
  });
  const all = await Promise.all(found);
  return {
    problems: all.flatMap(({ problems }) => problems),
    warnings: all.flatMap(({ warnings }) => warnings),
  };
}
