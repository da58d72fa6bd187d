import type { Challenge } from "../sageMaker/challenge";
import { challengeText } from "../report/challengeText";
import { UserError } from "../errors/userError";

/** A champion's challenge, as shown with an execution. */
export interface ShownChallenge {
  readonly challenge?: Challenge;
  readonly lines: readonly string[];
}

/**
 * Reads a challenge to show it with an execution. A user who may see the execution may lack permission to read
 * what its jobs wrote; the line then says so.
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
