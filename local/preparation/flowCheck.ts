import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { literal } from "../../pipeline/language/expressions";
import { allSteps } from "../../pipeline/language/graph";
import { hashCode, hashJson } from "../caching/contentHash";
import { inTemporaryFolder, readChecked, writeChecked } from "../storage/files";
import { flowModule, type Images, splitQuoted } from "../standins/images";
import { ObjectStore } from "../storage/objectStore";
import { runModule } from "../environments/service";

const sources = ["local/standins/data_wrangler"];

/** The folder of the flow in Data Wrangler's container. */
const flowFolder = "/opt/ml/processing/flow";

/** What is known before a run. */
export interface KnownObjects {
  /** Uploaded texts by S3 URI. */
  readonly uploads: ReadonlyMap<string, string>;
  /** Folders laid out as S3. */
  readonly folders: readonly string[];
  /** Folder of cached checks. */
  readonly cache: string;
}

/** The file of an object; undefined if it does not exist yet. */
export function fileOf(uri: string, { folders }: KnownObjects): string | undefined {
  const stores = folders.map((folder) => new ObjectStore(folder));
  return stores.find((store) => store.isObject(uri))?.path(uri);
}

/** The content of an object; undefined if it does not exist yet. */
function contentOf(uri: string, objects: KnownObjects): string | undefined {
  const uploaded = objects.uploads.get(uri);
  const path = fileOf(uri, objects);
  return uploaded ?? (path === undefined ? undefined : readFileSync(path, "utf8"));
}

/** The problems of a flow, found by the module that would run it. */
async function problemsOf(
  flow: string,
  containerArguments: readonly string[],
  cache: string,
): Promise<readonly string[]> {
  const code = await hashCode(sources);
  const key = hashJson({ kind: "FlowCheck", flow, containerArguments, code });
  const kept = join(cache, `${key}.json`);
  const earlier = readChecked(kept) as readonly string[] | undefined;
  if (earlier !== undefined) {
    return earlier;
  }
  const problems = await inTemporaryFolder(async (folder) => {
    const file = join(folder, "pipeline.flow");
    await writeFile(file, flow);
    const found = await runModule(flowModule, ["--check", file, ...containerArguments]);
    return JSON.parse(found) as readonly string[];
  });
  // What is wrong may be that this machine lacks something: it is looked for again.
  if (problems.length === 0) {
    writeChecked(kept, problems);
  }
  return problems;
}

/**
 * Finds unsupported features in the flows of a definition's Data Wrangler steps, if they exist before the run.
 *
 * @param definition with its parameters' values
 * @returns a sentence for each, with the step, the flow's node and the field
 */
export async function unsupportedFlows(
  definition: PipelineDefinition,
  images: Images,
  objectsOfRun: KnownObjects,
): Promise<readonly string[]> {
  const found = allSteps(definition).map(async ({ step }) => {
    const args = step.Type === "Processing" ? step.Arguments : undefined;
    const application = args?.AppSpecification;
    const image = images.find(literal(application?.ImageUri) ?? "");
    if (image?.processingModule !== flowModule) {
      return [];
    }
    const problems: string[] = [];
    const own = image.moduleArguments ?? [];
    const given = (application?.ContainerArguments ?? []).map((one) => literal(one) ?? "");
    const containerArguments = [...own, ...given.flatMap(splitQuoted)];
    for (const { S3Input: input } of args?.ProcessingInputs ?? []) {
      const uri = literal(input?.LocalPath === flowFolder ? input.S3Uri : undefined);
      const flow = uri === undefined ? undefined : contentOf(uri, objectsOfRun);
      if (flow !== undefined) {
        const found = await problemsOf(flow, containerArguments, objectsOfRun.cache);
        problems.push(...found.map((problem) => `step "${step.Name}", flow: ${problem}`));
      }
    }
    return problems;
  });
  return (await Promise.all(found)).flat();
}
