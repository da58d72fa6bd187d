import type { StepState } from "./stepGraph";

/** How each state is shown besides its name: a symbol, and a CSS class for colour and line. */
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
