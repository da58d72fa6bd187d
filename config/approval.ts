import type { StackSettings } from "./schema";

/** The R² below which no execution can register a model; undefined: only the execution's own MinimumR2 applies. */
export function minimumR2Floor({
  approval,
  minimumR2,
}: Pick<StackSettings, "approval" | "minimumR2">): number | undefined {
  return approval === "strict" ? minimumR2 : undefined;
}
