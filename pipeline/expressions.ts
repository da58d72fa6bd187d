export * from "./language/expressions";
export type { Json, JsonObject } from "./language/json";
