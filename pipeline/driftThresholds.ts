import { z } from "zod";

import { text } from "./configFields";

/** Thresholds of drift, for serving's monitoring and for scenarios. */
export const driftThresholds = {
  falseAlarmRate: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.01)
    .describe("Probability of a false alarm in 30 days without drift."),
  minShift: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe(
      "Minimum drift that counts: the share of rows that have moved to other values, or the relative increase of the " +
        "expected error.",
    ),
  minUnusual: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.02)
    .describe(
      "Minimum increase that counts, as a share, of rows whose values are missing or rare in training, and of labels " +
        "outside the prediction interval.",
    ),
  ignoredFeatures: z
    .array(text(/^[^,]{1,128}$/, "must be 1 to 128 characters without commas"))
    .max(50)
    .prefault([])
    .describe(
      "Features that are not compared, such as the parts of a request's date, which differ from training by nature. " +
        "One-hot columns have the name of their category.",
    ),
} as const;

/** Periods that are also compared together, to find slow and small drift: 24 hours, or 7 days. */
export const longPeriods = { hourly: 24, daily: 7 } as const;
