import { z } from "zod";

import type { Json } from "../pipeline/language/json";

/** The metrics of an evaluation report. MSE, RMSE and MAE are in the target's unit. */
export interface Metrics {
  readonly r2: number;
  readonly mse: number;
  readonly rmse: number;
  readonly mae: number;
  /** Number of test rows; unknown in evaluations of earlier versions. */
  readonly rows?: number | undefined;
  /** The 90 % confidence interval of R²; undefined with few rows. */
  readonly r2Interval?: { readonly low: number; readonly high: number } | undefined;
  /** The errors by quarters of the target, and by the values of dataset.segments; unknown in earlier versions. */
  readonly segments?: readonly ColumnErrors[] | undefined;
  /** If the metrics are weighted. */
  readonly sampleWeight?: SampleWeight | undefined;
  /** R² of cross-validation, if configured. */
  readonly crossValidation?: CrossValidation | undefined;
  /** Of served predictions, if configured. */
  readonly predictionInterval?: PredictionInterval | undefined;
}

/** How far around a prediction the actual value lies, by the residuals of validation rows (split-conformal). */
export interface PredictionInterval {
  /** How often it is to hold the actual value, such as 0.9. */
  readonly confidence: number;
  /** What is added to and taken from a prediction, in the target's unit. */
  readonly halfWidth: number;
  /** Validation rows that it is of. */
  readonly rows: number;
  /** The share of test rows whose actual value it holds. */
  readonly covered: number;
}

/** The column that weights the metrics; see pipeline/scripts/evaluate.py. */
interface SampleWeight {
  readonly column: string;
  readonly unweightedR2: number;
}

/** R² of models with the same hyperparameters on other rows; see pipeline/scripts/cross_validate.py. */
export interface CrossValidation {
  readonly mean: number;
  readonly deviation: number;
  readonly models: number;
}

const columnErrors = z.object({
  column: z.string(),
  segments: z.array(
    z.object({
      name: z.string(),
      rmse: z.number(),
      mae: z.number(),
      /** The mean of predicted minus actual values. */
      bias: z.number(),
      rows: z.number(),
    }),
  ),
});

/** The errors of the test rows by the values of a column, or of the target; see pipeline/scripts/segments.py. */
export type ColumnErrors = z.output<typeof columnErrors>;

/** A part of a report that somebody else's evaluation may lack, or have in another form. */
function ours<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().catch(undefined);
}

const value = z.object({ value: z.number() }).transform((metric) => metric.value);

/** A report of model quality. Source: "Model quality metrics", of Model Monitor; see evaluate.py. */
const regressionReport = z
  .object({
    regression_metrics: z.object({ r2: value, mse: value, rmse: value, mae: value }),
    dataset: ours(z.object({ item_count: z.number() })),
    confidence_intervals: ours(z.object({ r2: z.object({ low: z.number(), high: z.number() }) })),
    prediction_interval: ours(
      z
        .object({
          confidence: z.number(),
          half_width: z.number(),
          item_count: z.number(),
          covered: z.number(),
        })
        .transform(({ confidence, covered, half_width: halfWidth, item_count: rows }) => {
          return { confidence, halfWidth, rows, covered };
        }),
    ),
    segments: ours(z.array(columnErrors)),
    sample_weight: ours(
      z
        .object({ column: z.string(), unweighted_r2: z.number() })
        .transform(({ column, unweighted_r2: unweightedR2 }) => ({ column, unweightedR2 })),
    ),
  })
  .transform((report): Metrics => ({
    ...report.regression_metrics,
    rows: report.dataset?.item_count,
    r2Interval: report.confidence_intervals?.r2,
    predictionInterval: report.prediction_interval,
    segments: report.segments,
    sampleWeight: report.sample_weight,
  }));

/** The metrics in an evaluation report; undefined if the document is not one. */
export function regressionMetrics(document: Json | undefined): Metrics | undefined {
  return regressionReport.safeParse(document).data;
}

const crossValidationReport = z
  .object({
    r2: z.object({
      mean: z.number(),
      standard_deviation: z.number(),
      values: z.array(z.unknown()),
    }),
  })
  .transform(({ r2 }): CrossValidation => {
    return { mean: r2.mean, deviation: r2.standard_deviation, models: r2.values.length };
  });

/** The scores in a report of cross_validate.py; undefined if the document is not one, or has none. */
export function crossValidationIn(document: Json | undefined): CrossValidation | undefined {
  return crossValidationReport.safeParse(document).data;
}
