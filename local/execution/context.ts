import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import type { Json } from "../../pipeline/language/json";
import { Cache } from "../caching/cache";
import { AwsServices } from "../environments/awsServices";
import { Tuner } from "../environments/tuner";
import { findEarlierTuning } from "../records/earlierTuning";
import { arnPrefixOf, executionId, pipelineArnOf } from "../records/executionDocument";
import { findModel } from "../records/models";
import { ModelRegistry } from "../records/modelRegistry";
import { readDocument, readPropertyFile } from "../records/propertyFiles";
import type { Images } from "../standins/images";
import { ObjectStore } from "../storage/objectStore";
import { ownRoles } from "./authorization";
import type { Execution, Properties } from "./execution";
import type { SessionOptions } from "./options";
import type { ExecutionRequest } from "./request";

/** The context of an execution's steps, which reports to nobody yet. */
export function makeExecution(
  { cache, jobs, program, serve, workspace }: SessionOptions,
  definition: PipelineDefinition,
  { pipelineName, retried, selection }: ExecutionRequest,
  images: Images,
  parameters: ReadonlyMap<string, Json>,
  startTime: Date,
): Execution {
  const id = retried === undefined ? workspace.newExecutionId() : executionId(retried);
  const arnPrefix = arnPrefixOf(program);
  const pipelineArn = pipelineArnOf(arnPrefix, pipelineName);
  const started = retried?.execution.CreationTime ?? startTime.toISOString();
  const store = new ObjectStore(workspace.objects);
  const described = new Map<string, Properties>();
  const tunes = allSteps(definition).some(
    ({ step }) => step.Type === "Tuning" && selection?.selected.has(step.Name) !== false,
  );
  return {
    id,
    arnPrefix,
    workFolder: workspace.folder,
    folder: workspace.execution(id),
    described,
    queried: new Map(),
    scope: {
      parameters,
      execution: new Map([
        ["CurrentDateTime", started],
        ["PipelineArn", pipelineArn],
        ["PipelineExecutionArn", `${pipelineArn}/execution/${id}`],
        ["PipelineExecutionId", id],
        ["PipelineName", pipelineName],
        ["StartDateTime", started],
      ]),
      steps: described,
      propertyFile: (step, name) => readPropertyFile(definition, { described, store }, step, name),
      document: (uri) => readDocument(store, uri),
    },
    store,
    jobs,
    tuner: new Tuner(tunes),
    images,
    tables: program.tables,
    workGroups: program.workGroups,
    cache: new Cache(workspace.cache, store, id, cache),
    registry: new ModelRegistry(workspace.models, arnPrefix),
    earlierTuning: (name) => findEarlierTuning(workspace, name),
    findModel: (name) => findModel(workspace, name)?.request,
    services: serve && new AwsServices(serve, program.region, ownRoles(program)),
    report: () => undefined,
  };
}
