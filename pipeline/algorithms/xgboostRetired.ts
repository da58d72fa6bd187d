/** Members of a contract that have no effect, make every trial fail, or are set by another key. */
export interface Retired {
  /** Reasons by hyperparameter. */
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** Reasons by hyperparameter and value. */
  readonly values: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/*
 * What the image of the built-in XGBoost algorithm, 3.2-0, still accepts, although XGBoost 3.2 no longer has it. Sources:
 * hyperparameter_validation.py of aws/sagemaker-xgboost-container; XGBoost 3.2.0 itself, which prints "Parameters: { ... }
 * are not used", or fails.
 */

/** Refused members, with the reasons. */
export const xgboostRetired: Retired = {
  hyperparameters: {
    csv_weights: "is set by dataset.sampleWeight, which names the column of the weights",
    deterministic_histogram: "has no effect: XGBoost removed it; histograms are deterministic",
    dsplit: "has no effect: XGBoost removed it; leave it out",
    lambda_bias: "has no effect: XGBoost removed it; leave it out",
    predictor: "has no effect: XGBoost removed it; leave it out",
    prob_buffer_row: "has no effect: XGBoost removed it; leave it out",
    process_type:
      "cannot be used: updating needs an earlier model, which a training job does not get",
    refresh_leaf:
      "has no effect: it is for updating an earlier model, which a training job does not get",
    single_precision_histogram: "is refused by the image; leave it out",
    sketch_eps: "has no effect: XGBoost removed it; use max_bin",
  },
  values: {
    tree_method: {
      gpu_hist: "must not be gpu_hist, which fails since XGBoost removed it; use hist",
    },
    updater: {
      distcol: "must not have distcol, which fails since XGBoost removed it",
      grow_skmaker: "must not have grow_skmaker, which fails since XGBoost removed it",
    },
  },
};
