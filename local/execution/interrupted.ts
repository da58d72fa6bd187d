import type { SelectiveExecutionConfig } from "@aws-sdk/client-sagemaker";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { canonicalJson } from "../../pipeline/language/canonicalJson";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import { imagesOf } from "../../pipeline/language/images";
import { hashContent, hashJson } from "../caching/contentHash";
import { imageHash } from "../caching/stepKey";
import { type ExecutionDocument, executionId } from "../records/executionDocument";
import { readUndamaged } from "../records/executionFile";
import { listHeads, recordPath } from "../records/executions";
import type { Workspace } from "../records/workspace";
import type { Images } from "../standins/images";

/**
 * The hash of what an execution depends on apart from its definition and parameters: the table's data, local folders, and
 * the code that runs its jobs.
 *
 * @param folders paths on this machine that it reads, if any
 */
export async function inputsHash(
  definition: PipelineDefinition,
  images: Images,
  folders: readonly (string | undefined)[],
): Promise<string> {
  const uris = new Set(allSteps(definition).flatMap(({ step }) => imagesOf(step)));
  return hashJson({
    folders: await Promise.all(
      folders.map(async (path) => (path && (await hashContent(path))) ?? null),
    ),
    images: await Promise.all([...uris].sort().map((uri) => imageHash(images, uri))),
  });
}

/** The request of an execution. */
export interface AskedExecution {
  readonly pipelineArn: string;
  readonly definition: PipelineDefinition;
  readonly parameters: ExecutionDocument["parameters"];
  readonly selection: SelectiveExecutionConfig | undefined;
  /** See {@link inputsHash}. */
  readonly inputs: string;
}

/** The canonical definition of an execution; undefined if it cannot be read. */
function definitionIn(folder: string): string | undefined {
  const path = join(folder, "definition.json");
  try {
    return existsSync(path) ? canonicalJson(JSON.parse(readFileSync(path, "utf8"))) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * The latest execution of a pipeline, if it has the same request, and was stopped or its process is gone.
 */
export function findInterrupted(
  workspace: Workspace,
  { definition, inputs, parameters, pipelineArn, selection }: AskedExecution,
): ExecutionDocument | undefined {
  const head = listHeads(workspace).find(({ execution }) => execution.PipelineArn === pipelineArn);
  if (head?.execution.PipelineExecutionStatus !== "Stopped" || head.inputs !== inputs) {
    return undefined;
  }
  const folder = workspace.execution(executionId(head));
  const found = readUndamaged(recordPath(folder));
  const asked = canonicalJson([parameters, selection ?? null]);
  const before = [found?.parameters ?? null, found?.execution.SelectiveExecutionConfig ?? null];
  const isSame =
    definitionIn(folder) === canonicalJson(definition) && asked === canonicalJson(before);
  return isSame ? found : undefined;
}
