import type { PredictionInterval } from "../sageMaker/metrics";

/** The splits, in the order in which a model uses them. */
export const splits = ["train", "validation", "test"] as const;

export type Split = (typeof splits)[number];

/** The metrics of a model on a split. MSE, RMSE and MAE are in the target's unit. */
export interface SplitMetrics {
  readonly r2: number;
  readonly mse: number;
  readonly rmse: number;
  readonly mae: number;
  /** The number of rows they are measured on. */
  readonly rows: number;
  /** Whether the split has more rows. */
  readonly isPart: boolean;
}

/** The importance of a feature. */
export interface FeatureImportance {
  readonly name: string;
  /** How much R² drops when the feature's values are shuffled. */
  readonly fall: number;
}

/** A bin, and the number of values in it. */
export interface Bar {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** A cell of two bins, with the number of rows in it and their mean residual (predicted minus actual). */
export interface Cell {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly count: number;
  readonly mean: number;
}

/** A candidate's predictions of test rows, as counted by analysis.py. A residual is predicted minus actual. */
export interface Details {
  /** The number of rows with an actual value and a prediction. */
  readonly rows: number;
  /** Whether there are more test rows. */
  readonly isPart: boolean;
  readonly predictedAgainstActual: readonly Cell[];
  readonly residualAgainstPredicted: readonly Cell[];
  /** The histogram of residuals. */
  readonly residuals: readonly Bar[];
  readonly importance?: {
    /** The number of rows it is measured on. */
    readonly rows: number;
    /** Largest first. */
    readonly features: readonly FeatureImportance[];
  };
  /** By longitude and latitude in degrees, if the table has them. */
  readonly errorMap?: readonly Cell[];
  readonly interval?: PredictionInterval;
  readonly shap?: Contributions;
  /** Why there are no SHAP values, although the model could be loaded. */
  readonly shapProblem?: string;
}

/** What one feature adds to the prediction for a row. */
interface ContributionPoint {
  /** SHAP value: how much the feature's value adds to the prediction. */
  readonly value: number;
  /** The quintile of the feature's value among all rows, from 0; null if the value is missing. */
  readonly level: number | null;
  /** The offset of its point beside similar values, from -1 to 1. */
  readonly offset: number;
}

/** SHAP values of test rows: those of a row and the base add up to its prediction. */
export interface Contributions {
  /** The number of explained test rows. */
  readonly rows: number;
  /** The base value, in the target's unit. */
  readonly base: number;
  /** Whether the values add up to the logarithm of the prediction. */
  readonly isLog: boolean;
  /** Largest mean first. */
  readonly features: readonly {
    readonly name: string;
    /** Mean of the absolute SHAP values. */
    readonly mean: number;
    /** For the features that are drawn, of some rows. */
    readonly points?: readonly ContributionPoint[];
  }[];
}

/** How a candidate compares with the others on the same test rows, by a paired bootstrap. */
export interface Comparison {
  /** The candidate that is compared: the winner, or else the best. */
  readonly name: string;
  /** The number of test rows. */
  readonly rows: number;
  /** How far its R² is above each other candidate's, with a 90 % interval. */
  readonly differences: readonly {
    readonly name: string;
    readonly low: number;
    readonly high: number;
  }[];
}

/** The baselines that a model must beat: the best single feature, and the mean. RMSE is in the target's unit. */
export interface Baseline {
  /** The best single feature. */
  readonly column: string;
  /** On the test rows. */
  readonly r2: number;
  readonly rmse: number;
  /** The RMSE of predicting the mean of the train rows. */
  readonly meanRmse: number;
}

/** How well a candidate's best model predicts. */
export interface Diagnosis {
  /** The candidate's name. */
  readonly name: string;
  readonly splits: Readonly<Partial<Record<Split, SplitMetrics>>>;
  /** Only of one candidate: the winner, or else the best. */
  readonly details?: Details;
  /** Why something is missing. */
  readonly problem?: string;
}

/** The diagnostics of an execution's candidates. */
export interface Diagnoses {
  readonly candidates: readonly Diagnosis[];
  readonly comparison?: Comparison;
  readonly baseline?: Baseline;
}

/** The stored diagnostics of an execution's candidates, for the report. */
export interface DiagnosesDocument extends Diagnoses {
  readonly version: typeof diagnosesVersion;
}

/** The version of {@link DiagnosesDocument}. The first was a list, with a value for each row. */
export const diagnosesVersion = 2;
