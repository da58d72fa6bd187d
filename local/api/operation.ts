import type * as logsSdk from "@aws-sdk/client-cloudwatch-logs";
import type * as sageMakerSdk from "@aws-sdk/client-sagemaker";

import type { World } from "./world";

/** A response; members that the service does not have are omitted when it is written. */
export type Answer = Readonly<Record<string, unknown>>;

/** Handles a valid request. */
export type Operation = (world: World, request: never) => object | Promise<object>;

/** The requests of an SDK's commands, by operation. */
type Requests<Sdk> = {
  [
    Name in keyof Sdk as Name extends `${infer Action}Command` ? Action : never
  ]: Sdk[Name] extends new (...request: never) => { readonly input: infer Request }
    ? Request
    : never;
};

/** Handlers of some of a service's operations, by the operation's name. */
type Operations<Sdk> = {
  readonly [Name in keyof Requests<Sdk>]?: (
    world: World,
    request: Requests<Sdk>[Name],
  ) => object | Promise<object>;
};

export type SageMakerOperations = Operations<typeof sageMakerSdk>;
export type LogsOperations = Operations<typeof logsSdk>;
