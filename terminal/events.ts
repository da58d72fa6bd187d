/** The state of a step or an execution, in SageMaker's words; NotExecuted is ours. */
export type ShownStatus =
  "Executing" | "Failed" | "NotExecuted" | "Stopped" | "Stopping" | "Succeeded";

/** What is shown of a step. */
export interface ShownStep {
  readonly name: string;
  readonly status: ShownStatus;
  /** ISO 8601. Of a step that is executed, by default, the time at which it is reported. */
  readonly startTime?: string;
  readonly seconds?: number;
  /** What there is to say of its outcome. */
  readonly detail?: string;
  /** Why it failed. */
  readonly failureReason?: string;
}

/** What is shown of a training job of a tuning step. */
export interface ShownTrial {
  readonly step: string;
  /** Number among the step's trials, from 0. */
  readonly number: number;
  /** Name of the objective metric. */
  readonly objectiveMetric: string;
  readonly objective?: number;
  /** Whether the higher objective is the better one. Default: the lower one is. */
  readonly maximised?: boolean;
  /** Of its training job, in SageMaker's words. */
  readonly status?: string;
  readonly failureReason?: string;
  readonly seconds?: number;
  /** Execution whose equal training job stands in for it. */
  readonly reusedFrom?: string;
}

/** What happens in an execution, for whoever watches it, with what is known of steps and trials. */
export type ExecutionEvent<Step extends ShownStep, Trial extends ShownTrial> =
  | { readonly kind: "step"; readonly step: Step }
  /** A tuning begins: it will have `of` trials at most, and run `parallel` of them at once at most. */
  | {
      readonly kind: "tuning";
      readonly step: string;
      readonly of: number;
      readonly parallel: number;
    }
  | { readonly kind: "trial"; readonly trial: Trial; readonly of: number };

/** What is shown while an execution continues. */
export type ShownEvent = ExecutionEvent<ShownStep, ShownTrial>;

/** Shows a run while it continues. */
export interface Progress {
  readonly report: (event: ShownEvent) => void;
  readonly say: (line: string) => void;
  /** Ends what is drawn, so that other output can follow. */
  readonly close: () => void;
}
