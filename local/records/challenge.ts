import { z } from "zod";

import { challenge } from "../../pipeline/champion";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import type { Json } from "../../pipeline/language/json";
import type { Execution } from "../execution/execution";
import { findPropertyFile } from "./propertyFiles";

/** The comparison of the best candidate and the champion, from pipeline/scripts/challenge.py. */
const challengeSchema = z.object({
  outcome: z.enum(["BelowMinimum", "NoChampion", "NotComparable", "Stays", "Beaten"]),
  /** Summary in a line. */
  verdict: z.string(),
  champion: z.object({ version: z.int(), r2: z.number().optional() }).optional(),
  challenger: z.object({ name: z.string(), r2: z.number() }).optional(),
  /** Number of common test rows. */
  rows: z.int().optional(),
  difference: z
    .object({
      r2: z.number(),
      /** Its lower bound, with the confidence. */
      least: z.number(),
      confidence: z.number(),
      /** Its required minimum (exclusive). */
      by: z.number(),
    })
    .optional(),
});

/** The result of the best candidate's challenge of the champion. */
export type Challenge = z.output<typeof challengeSchema>;

/** Parses a challenge; undefined if the document is another. */
export function parseChallenge(document: Json): Challenge | undefined {
  return challengeSchema.safeParse(document).data;
}

/** The challenge of an execution; undefined if it has none, or did not reach it. */
export function challengeOf(
  definition: PipelineDefinition,
  execution: Pick<Execution, "described" | "store">,
): Challenge | undefined {
  const document = findPropertyFile(definition, execution, challenge.step, challenge.file);
  return document === undefined ? undefined : parseChallenge(document);
}
