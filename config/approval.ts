import type { StackSettings } from "./schema";

/** R² below which no start of the pipeline can register a model; undefined: the start's own MinimumR2 alone decides. */
export function minimumR2Floor({
  approval,
  minimumR2,
}: Pick<StackSettings, "approval" | "minimumR2">): number | undefined {
  return approval === "strict" ? minimumR2 : undefined;
}
