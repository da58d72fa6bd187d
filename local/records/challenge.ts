import { z } from "zod";

import { challenge } from "../../pipeline/champion";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { ExpressionError } from "../../pipeline/language/evaluate";
import type { Json } from "../../pipeline/language/json";
import type { Execution } from "../execution/execution";
import { readPropertyFile } from "./summary";

/** What pipeline/scripts/challenge.py writes of the best candidate and the champion. */
const challengeSchema = z.object({
  outcome: z.enum(["BelowMinimum", "NoChampion", "NotComparable", "Stays", "Beaten"]),
  /** All of it in a line. */
  verdict: z.string(),
  champion: z.object({ version: z.int(), r2: z.number().optional() }).optional(),
  challenger: z.object({ name: z.string(), r2: z.number() }).optional(),
  /** Test rows that both are scored on. */
  rows: z.int().optional(),
  difference: z
    .object({
      r2: z.number(),
      /** What it is at the least, with the confidence. */
      least: z.number(),
      confidence: z.number(),
      /** What it had to be more than. */
      by: z.number(),
    })
    .optional(),
});

/** What came of the best candidate's challenge of the champion. */
export type Challenge = z.output<typeof challengeSchema>;

/** The challenge in a document; undefined if it is another. */
export function parseChallenge(document: Json): Challenge | undefined {
  return challengeSchema.safeParse(document).data;
}

/** The challenge of an execution; undefined if its definition has none, or it has not come to it. */
export function challengeOf(
  definition: PipelineDefinition,
  execution: Pick<Execution, "described" | "store">,
): Challenge | undefined {
  if (!execution.described.has(challenge.step)) {
    return undefined;
  }
  try {
    return parseChallenge(readPropertyFile(definition, execution, challenge.step, challenge.file));
  } catch (error) {
    if (error instanceof ExpressionError) {
      return undefined; // A step of that name in somebody else's definition.
    }
    throw error;
  }
}
