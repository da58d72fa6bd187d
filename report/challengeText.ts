import type { Challenge } from "../sageMaker/challenge";
import { decimal, percent, score } from "./numbers";

/** The result of the best candidate's challenge of the champion, in one sentence. */
export function challengeText({
  challenger,
  champion,
  difference,
  outcome,
  rows = 0,
  verdict,
}: Challenge): string {
  if (challenger === undefined || champion?.r2 === undefined || difference === undefined) {
    return `Champion: ${verdict}`;
  }
  const { by, confidence, least } = difference;
  const scores =
    `${challenger.name} has R² ${score(challenger.r2)} and version ${champion.version} ${score(champion.r2)} on ` +
    `${decimal(rows, 0)} test rows that neither has seen`;
  const found = `with ${percent(confidence)} confidence the difference is ${score(least)} or more`;
  return outcome === "Beaten"
    ? `Champion: version ${champion.version} is beaten. ${scores}: ${found}; it took more than ${by}.`
    : `Champion: version ${champion.version} stays. ${scores}: ${found}; it takes more than ${by}.`;
}
