import { z } from "zod";

import { challenge } from "../pipeline/champion";
import { readJson, s3 } from "./objects";
import { type ExecutionStep, outputFolder } from "./steps";
import type { World } from "./world";

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

/**
 * The result of a champion's challenge; undefined if the execution has not got to it.
 * @throws UserError if permission to read it is missing
 */
export async function challengeIn(
  world: World,
  steps: readonly ExecutionStep[],
): Promise<Challenge | undefined> {
  const step = steps.find(({ name, status }) => name === challenge.step && status === "Succeeded");
  const folder = step && (await outputFolder(world.client, step, "comparison"));
  const document = folder && (await readJson(s3(world), `${folder}comparison.json`));
  return challengeSchema.safeParse(document).data;
}
