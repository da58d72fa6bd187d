/** Parts of the rows, in the order in which a model meets them. */
export const splits = ["train", "validation", "test"] as const;

export type Split = (typeof splits)[number];

/** The metrics of a model on a split. MSE, RMSE and MAE are in the target's unit. */
export interface SplitMetrics {
  readonly r2: number;
  readonly mse: number;
  readonly rmse: number;
  readonly mae: number;
  /** Rows that they are of. */
  readonly rows: number;
  /** Whether the split has more rows. */
  readonly isPart: boolean;
}

/** How much a feature counts. */
export interface FeatureImportance {
  readonly name: string;
  /** How far R² falls where the feature's values are shuffled. */
  readonly fall: number;
}

/** A bin and how many values are in it. */
export interface Bar {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** A cell of two bins, how many rows are in it, and their mean residual: predicted minus actual. */
export interface Cell {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly count: number;
  readonly mean: number;
}

/** A candidate's predictions of test rows, as analysis.py counts them. A residual is predicted minus actual. */
export interface Details {
  /** Rows that have an actual value and a prediction. */
  readonly rows: number;
  /** Whether there are more test rows. */
  readonly isPart: boolean;
  readonly predictedAgainstActual: readonly Cell[];
  readonly residualAgainstPredicted: readonly Cell[];
  /** How often each residual occurs. */
  readonly residuals: readonly Bar[];
  readonly importance?: {
    /** Rows that it is measured on. */
    readonly rows: number;
    /** Largest first. */
    readonly features: readonly FeatureImportance[];
  };
  /** By longitude and latitude in degrees, where the table has them. */
  readonly errorMap?: readonly Cell[];
}

/** How well a candidate's best model predicts. */
export interface Diagnosis {
  /** The candidate's name. */
  readonly name: string;
  readonly splits: Readonly<Partial<Record<Split, SplitMetrics>>>;
  /** Of one candidate only: the winner, or else the best. */
  readonly details?: Details;
  /** Why something is missing. */
  readonly problem?: string;
}

/** What is kept of the candidates of an execution, for the report. */
export interface DiagnosesDocument {
  readonly version: typeof diagnosesVersion;
  readonly candidates: readonly Diagnosis[];
}

/** The version of {@link DiagnosesDocument}. The first was a list, with a value for each row. */
export const diagnosesVersion = 2;
