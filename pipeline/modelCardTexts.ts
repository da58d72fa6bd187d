import { z } from "zod";

const text = z.string().min(1).max(2048).optional();

/** The owner's part of a model card. Source of members and lengths: see `modelCard`. */
export const modelCardSchema = z.strictObject({
  status: z
    .enum(["Draft", "PendingReview", "Approved", "Archived"])
    .optional()
    .describe("Status of a new model's card. Default: Draft."),
  creator: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe("Creator of the models, such as a team."),
  purpose: text.describe("Purpose of the models."),
  intendedUses: text.describe("Intended and unintended uses of the models."),
  factorsAffectingEfficiency: text.describe("Factors that affect the quality of the models."),
  riskRating: z
    .enum(["High", "Medium", "Low", "Unknown"])
    .optional()
    .describe("Risk rating of the models. Default: Unknown."),
  riskExplanation: text.describe("Explanation of the risk rating."),
  businessProblem: text.describe("Business problem that the models solve."),
  businessStakeholders: text.describe("Stakeholders of the models."),
  lineOfBusiness: text.describe("Line of business of the models."),
  ethicalConsiderations: text.describe("Ethical considerations for users of the models."),
  caveats: text.describe("Caveats and recommendations for users of the models."),
});

/** The owner's part of a model card. */
export type ModelCardTexts = z.output<typeof modelCardSchema>;
