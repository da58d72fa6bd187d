import type { PredictionInterval } from "../local/records/summary";

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
  readonly interval?: PredictionInterval;
  readonly shap?: Contributions;
  /** Why there are no SHAP values of a model that could be loaded. */
  readonly shapProblem?: string;
}

/** A prediction of a row, as far as one feature adds to it. */
interface ContributionPoint {
  /** SHAP value: how much the feature's value adds to the prediction. */
  readonly value: number;
  /** How large the feature's value is among those of all rows: a fifth, from 0; null if it is missing. */
  readonly level: number | null;
  /** Where it is set beside others of about the same value: from -1 to 1. */
  readonly offset: number;
}

/** SHAP values of test rows: with the base, those of a row add up to its prediction. */
export interface Contributions {
  /** Test rows that are explained. */
  readonly rows: number;
  /** What the features add to, in the target's unit. */
  readonly base: number;
  /** Whether values add up to the prediction's logarithm. */
  readonly isLog: boolean;
  /** Largest mean first. */
  readonly features: readonly {
    readonly name: string;
    /** Mean of the absolute SHAP values. */
    readonly mean: number;
    /** Of some rows, for the features that are drawn. */
    readonly points?: readonly ContributionPoint[];
  }[];
}

/** How a candidate compares with the others on the same test rows, by a paired bootstrap. */
export interface Comparison {
  /** The candidate: the winner, or else the best. */
  readonly name: string;
  /** Test rows that are compared. */
  readonly rows: number;
  /** How far its R² is above that of each other candidate, with 90 % confidence. */
  readonly differences: readonly {
    readonly name: string;
    readonly low: number;
    readonly high: number;
  }[];
}

/** What a model must beat: the best single feature, and the mean. RMSE is in the target's unit. */
export interface Baseline {
  /** The feature that predicts best alone. */
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
  /** Of one candidate only: the winner, or else the best. */
  readonly details?: Details;
  /** Why something is missing. */
  readonly problem?: string;
}

/** What was seen of the candidates of an execution. */
export interface Diagnoses {
  readonly candidates: readonly Diagnosis[];
  readonly comparison?: Comparison;
  readonly baseline?: Baseline;
}

/** What is kept of the candidates of an execution, for the report. */
export interface DiagnosesDocument extends Diagnoses {
  readonly version: typeof diagnosesVersion;
}

/** The version of {@link DiagnosesDocument}. The first was a list, with a value for each row. */
export const diagnosesVersion = 2;
