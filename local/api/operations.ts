import { endpoints } from "./endpoints";
import { executions } from "./executions";
import { jobs } from "./jobs";
import { logs } from "./logs";
import { pipelines } from "./pipelines";
import { registry } from "./registry";
import type { ServiceName } from "./shapes";
import { tags } from "./tags";
import type { World } from "./world";

/** An answer before it is written: members that the service does not know are left out then. */
export type Answer = Readonly<Record<string, unknown>>;

/** Does what a request asks for. The request is checked. */
export type Operation = (world: World, request: never) => object | Promise<object>;

/** The operations that this machine answers, by service. */
export const operations: Readonly<Record<ServiceName, Readonly<Record<string, Operation>>>> = {
  sagemaker: { ...pipelines, ...executions, ...jobs, ...registry, ...endpoints, ...tags },
  logs,
};
