/** A mistake of the user, not of the program: it is told in one line, without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
}
