import type { Challenge } from "../../local/records/challenge";
import { challengeText } from "../../report/challengeText";
import { UserError } from "../../errors/userError";

/** What is shown of a champion's challenge beside an execution. */
export interface ShownChallenge {
  readonly challenge?: Challenge;
  readonly lines: readonly string[];
}

/**
 * Reads a challenge to show it beside an execution. Someone who may see the execution need not have permission to read
 * what its jobs wrote: then the line says so.
 */
export async function shownChallenge(
  read: () => Promise<Challenge | undefined>,
): Promise<ShownChallenge> {
  try {
    const challenge = await read();
    return challenge === undefined
      ? { lines: [] }
      : { challenge, lines: [challengeText(challenge)] };
  } catch (error) {
    if (error instanceof UserError) {
      return { lines: [`Champion: the verdict cannot be read: ${error.message}`] };
    }
    throw error;
  }
}
