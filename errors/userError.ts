/** A user's mistake, not the program's: shown in one line, without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** The system's error codes for files that cannot be read or written, in plain words. */
const systemReasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is exceeded",
  EIO: "the disk does not respond",
  EISDIR: "a folder is in the place of a file",
  ELOOP: "its links form a loop",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "there is no such file or folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a file is in the place of a folder",
  EPERM: "the operating system does not allow it",
  EROFS: "the file system is read-only",
};

/**
 * Turns an error into a UserError if the user can fix it.
 * @returns undefined if it is the program's
 */
export function asUserError(error: unknown): UserError | undefined {
  if (error instanceof UserError) {
    return error;
  }
  // The program's sources are loaded separately from the command line, so their class is another one.
  if (error instanceof Error && error.name === "UserError") {
    return new UserError(error.message);
  }
  const { code, dest, path, syscall } = error as NodeJS.ErrnoException & { readonly dest?: string };
  const reason = code === undefined ? undefined : systemReasons[code];
  return reason === undefined
    ? undefined
    : new UserError(`${reason}: cannot ${syscall ?? "use"} ${dest ?? path ?? "a file"}`);
}
