import { canonicalJson } from "../../pipeline/language/canonicalJson";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import { imagesOf } from "../../pipeline/language/images";
import type { Json } from "../../pipeline/language/json";
import { hashContent, hashJson } from "../caching/contentHash";
import { imageHash } from "../caching/stepKey";
import {
  arnPrefixOf,
  type ExecutionDocument,
  executionId,
  pipelineArnOf,
} from "../records/executionDocument";
import { readUndamaged } from "../records/executionFile";
import { findDefinition, listHeads, recordPath } from "../records/executions";
import type { Images } from "../standins/images";
import type { SessionOptions } from "./options";
import { type ExecutionRequest, parameterList } from "./request";

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

/** What was asked of an execution. */
interface Asked {
  readonly definition: PipelineDefinition;
  readonly parameters: ReadonlyMap<string, Json>;
  /** See {@link inputsHash}. */
  readonly inputs: string;
}

/** The latest execution of a pipeline, if it has the same request, and was stopped or its process is gone. */
function findInterrupted(
  { program, workspace }: SessionOptions,
  { pipelineName, selection }: ExecutionRequest,
  { definition, inputs, parameters }: Asked,
): ExecutionDocument | undefined {
  const pipelineArn = pipelineArnOf(arnPrefixOf(program), pipelineName);
  const head = listHeads(workspace).find(({ execution }) => execution.PipelineArn === pipelineArn);
  if (head?.execution.PipelineExecutionStatus !== "Stopped" || head.inputs !== inputs) {
    return undefined;
  }
  const folder = workspace.execution(executionId(head));
  const found = readUndamaged(recordPath(folder));
  const { parameters: values, execution } = found ?? {};
  const asked = [definition, parameterList(parameters), selection?.config];
  const before = [findDefinition(folder), values, execution?.SelectiveExecutionConfig];
  const isSame = canonicalJson(asked) === canonicalJson(before);
  return isSame ? found : undefined;
}

/**
 * A request, with the execution to retry: the requested one, or an interrupted one. Prints which, and whether its
 * dependencies have changed since.
 */
export function withRetried(
  options: SessionOptions,
  request: ExecutionRequest,
  asked: Asked,
): ExecutionRequest {
  const { retried: named } = request;
  if (named !== undefined) {
    if (named.inputs !== undefined && named.inputs !== asked.inputs) {
      options.say(
        `warning: the data or the code have changed since execution ${executionId(named)} began; ` +
          "its finished steps are not run again",
      );
    }
    return request;
  }
  const retried = options.continues === true ? findInterrupted(options, request, asked) : undefined;
  if (retried !== undefined) {
    const done = retried.steps.filter(({ StepStatus }) => StepStatus === "Succeeded").length;
    options.say(
      `continuing execution ${executionId(retried)}, which was interrupted with ${done} steps done`,
    );
  }
  return { ...request, retried };
}
