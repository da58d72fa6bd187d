import type { World } from "./world";

/** An answer before it is written: members that the service does not know are left out then. */
export type Answer = Readonly<Record<string, unknown>>;

/** Does what a request asks for. The request is checked. */
export type Operation = (world: World, request: never) => object | Promise<object>;
