import { rejects } from "node:assert/strict";

import { californiaHousing } from "../../pipeline/californiaHousing";
import { defaultCandidates } from "../../pipeline/candidates";
import type { JsonObject } from "../../pipeline/language/json";
import { type Config, program } from "../support/definitions";

/** A mistake in the configuration, with the line that names its key. */
export type Mistake = readonly [what: string, config: Config, line: RegExp];

export const tree = defaultCandidates[0] as JsonObject;
export const boost = defaultCandidates[1] as JsonObject;

export const housing = californiaHousing as JsonObject;

/** The default dataset with other members. */
export const dataset = (change: JsonObject): Config => ({ dataset: { ...housing, ...change } });

/** The default candidates, the second with other members. */
export const candidate = (change: JsonObject): Config => ({
  candidates: [tree, { ...boost, ...change }],
});

/** Tests that each mistake is refused by its line. */
export function refuse(mistakes: readonly Mistake[]): void {
  for (const [what, config, line] of mistakes) {
    it(`refuses ${what}`, async () => {
      await rejects(program(config), { name: "UserError", message: line });
    });
  }
}
