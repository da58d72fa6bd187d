import { z } from "zod";

/** When a candidate replaces the champion, the model that was approved last, and what happens if they are not comparable. */
export const championSchema = z
  .strictObject({
    beats: z
      .strictObject({
        by: z
          .number()
          .min(0)
          .max(1)
          .default(0)
          .describe("The candidate's R² on the test rows must be higher by more than this."),
        confidence: z
          .number()
          .min(0.5)
          .max(0.99)
          .default(0.9)
          .describe("Required confidence, by a paired bootstrap over the test rows."),
      })
      .optional()
      .describe(
        "What a candidate must achieve. Default: each execution registers its best candidate.",
      ),
    notComparable: z
      .enum(["register", "keep"])
      .optional()
      .describe(
        "What happens if the champion cannot be compared: it has other features, another target or other encodings of " +
          "labels, was trained by your own image, has seen all but a few of the test rows, or was registered without this " +
          "key. `register` (the default) registers the best candidate, with the reason; `keep` keeps the champion.",
      ),
  })
  .refine(({ beats, notComparable }) => beats !== undefined || notComparable === undefined, {
    path: ["beats"],
    message: "is missing: without it there is no champion to compare with; {} uses its defaults",
  })
  .transform(({ beats, notComparable = "register" }) => beats && { beats, notComparable });

/** What a candidate must achieve to be registered if a model is already approved. */
export type ChampionRule = NonNullable<z.output<typeof championSchema>>;
