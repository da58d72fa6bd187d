import { z } from "zod";

/** When a difference between requests and a model's reference is drift: members of serving's monitoring and of scenarios. */
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
} as const;

/** Periods that are compared together too, so that slow and small drift is found: of a day's hours, of a week's days. */
export const longPeriods = { hourly: 24, daily: 7 } as const;
