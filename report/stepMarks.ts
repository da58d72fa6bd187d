import type { StepState } from "./stepGraph";

/** How a state is shown, beside its name: by a sign, and by a class that gives colour and line. */
export const stateMarks: Readonly<
  Record<StepState, { readonly mark: string; readonly className: string }>
> = {
  Cached: { mark: "↺", className: "cached" },
  Executing: { mark: "▶", className: "executing" },
  Failed: { mark: "✗", className: "failed" },
  "Not reached": { mark: "○", className: "not-reached" },
  Skipped: { mark: "–", className: "skipped" },
  Stopped: { mark: "■", className: "stopped" },
  Succeeded: { mark: "✓", className: "succeeded" },
};
