import { z } from "zod";

/** What beats the champion, the model that was approved last, and what happens where that cannot be told. */
export const championSchema = z
  .strictObject({
    beats: z
      .strictObject({
        by: z
          .number()
          .min(0)
          .max(1)
          .default(0)
          .describe("Difference of R² on the test rows: it must be better by more than this."),
        confidence: z
          .number()
          .min(0.5)
          .max(0.99)
          .default(0.9)
          .describe("How sure that must be, by a paired bootstrap over the test rows."),
      })
      .optional()
      .describe("What beats the champion. Default: each execution registers its best candidate."),
    notComparable: z
      .enum(["register", "keep"])
      .optional()
      .describe(
        "What happens where the champion cannot be evaluated on the same rows: its features or its target are others, " +
          "it is of an image of your own, or it was trained on all but a few of the test rows. `register`, the default: " +
          "the best candidate is registered, and the reason kept with it. `keep`: the champion stays.",
      ),
  })
  .refine(({ beats, notComparable }) => beats !== undefined || notComparable === undefined, {
    path: ["beats"],
    message: "is missing: without it there is no champion to compare with; {} takes its defaults",
  })
  .transform(({ beats, notComparable = "register" }) => beats && { beats, notComparable });

/** What a candidate must do to be registered where a model is approved already. */
export type ChampionRule = NonNullable<z.output<typeof championSchema>>;
