import type { World } from "./world";

/** A response; members that the service does not have are omitted when it is written. */
export type Answer = Readonly<Record<string, unknown>>;

/** Handles a valid request. */
export type Operation = (world: World, request: never) => object | Promise<object>;
