/** The state of a step or an execution, in SageMaker's words; NotExecuted is ours. */
export type ShownStatus =
  "Executing" | "Failed" | "NotExecuted" | "Stopped" | "Stopping" | "Succeeded";

/** A step, as it is shown. */
export interface ShownStep {
  readonly name: string;
  readonly status: ShownStatus;
  /** ISO 8601. Default for a running step: the time at which it is reported. */
  readonly startTime?: string;
  readonly seconds?: number;
  /** Details of its outcome. */
  readonly detail?: string;
  /** Why it failed. */
  readonly failureReason?: string;
}

/** A training job of a tuning step, as it is shown. */
export interface ShownTrial {
  readonly step: string;
  /** Number among the step's trials, from 0. */
  readonly number: number;
  /** Name of the objective metric. */
  readonly objectiveMetric: string;
  readonly objective?: number;
  /** Whether a higher objective is better. Default: false. */
  readonly maximised?: boolean;
  /** Status of its training job, in SageMaker's words. */
  readonly status?: string;
  readonly failureReason?: string;
  readonly seconds?: number;
  /** The execution whose equal training job it reuses. */
  readonly reusedFrom?: string;
}

/** An event of an execution, for those who watch it. */
export type ExecutionEvent<Step extends ShownStep, Trial extends ShownTrial> =
  | { readonly kind: "step"; readonly step: Step }
  /** A tuning step starts: it has at most `of` trials, and runs at most `parallel` at once. */
  | {
      readonly kind: "tuning";
      readonly step: string;
      readonly of: number;
      readonly parallel: number;
    }
  | { readonly kind: "trial"; readonly trial: Trial; readonly of: number };

/** An event, as it is shown. */
export type ShownEvent = ExecutionEvent<ShownStep, ShownTrial>;

/** Shows the progress of a run. */
export interface Progress {
  readonly report: (event: ShownEvent) => void;
  readonly say: (line: string) => void;
  /** Ends the drawing, so that other output can follow. */
  readonly close: () => void;
}
