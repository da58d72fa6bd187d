import { z } from "zod";

/** When a difference between requests and a model's reference is drift: members of serving's monitoring and of scenarios. */
export const driftThresholds = {
  falseAlarmRate: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.01)
    .describe("Probability that 30 days without drift have an alarm."),
  minShift: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe(
      "Drift that is smaller does not count: the share of rows that have moved to other values, or the relative " +
        "increase of the expected error.",
    ),
  minUnusual: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.02)
    .describe(
      "The same for rows whose values are missing or that training hardly knows, and for labels outside the interval " +
        "around the prediction: how many more there must be, as a share.",
    ),
} as const;

/** Periods that are compared together too, so that slow and small drift is found: of a day's hours, of a week's days. */
export const longPeriods = { hourly: 24, daily: 7 } as const;
