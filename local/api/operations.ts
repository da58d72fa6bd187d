import { endpoints } from "./endpoints";
import { executions } from "./executions";
import { jobs } from "./jobs";
import { logs } from "./logs";
import type { Operation } from "./operation";
import { pipelines } from "./pipelines";
import { pipelineVersions } from "./pipelineVersions";
import { registry } from "./registry";
import type { ServiceName } from "./shapes";
import { tags } from "./tags";

/** The supported operations, by service. */
export const operations: Readonly<Record<ServiceName, Readonly<Record<string, Operation>>>> = {
  sagemaker: {
    ...pipelines,
    ...pipelineVersions,
    ...executions,
    ...jobs,
    ...registry,
    ...endpoints,
    ...tags,
  },
  logs,
};
