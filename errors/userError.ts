/** A mistake of the user, not of the program: it is shown in one line, without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** What the system says where a file cannot be read or written, in the user's words. */
const systemReasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is exceeded",
  EIO: "the disk does not respond",
  EMFILE: "too many files are open",
  ENOSPC: "the disk is full",
  ENOTDIR: "a file is in the place of a folder",
  EPERM: "the operating system does not allow it",
  EROFS: "the file system is read-only",
};

/**
 * An error as one that the user can fix.
 * @returns undefined if it is one of the program
 */
export function asUserError(error: unknown): UserError | undefined {
  if (error instanceof UserError) {
    return error;
  }
  // The program's own sources are loaded beside the command line, with a class of their own.
  if (error instanceof Error && error.name === "UserError") {
    return new UserError(error.message);
  }
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : systemReasons[code];
  return reason === undefined
    ? undefined
    : new UserError(`${reason}: cannot ${syscall ?? "use"} ${path ?? "a file"}`);
}
