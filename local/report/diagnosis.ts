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

/** A candidate's predictions of test rows: a member a row. Missing values are null. */
export interface Details {
  readonly actual: readonly (number | null)[];
  readonly predicted: readonly (number | null)[];
  /** Whether there are more test rows. */
  readonly isPart: boolean;
  readonly importance?: {
    /** Rows that it is measured on. */
    readonly rows: number;
    /** Greatest first. */
    readonly features: readonly FeatureImportance[];
  };
  /** Where the rows lie, in degrees, where the table says so. */
  readonly place?: {
    readonly longitude: readonly (number | null)[];
    readonly latitude: readonly (number | null)[];
  };
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
