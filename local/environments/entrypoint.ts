/** What the entry point of a processing job starts. */
export type Entrypoint =
  | {
      readonly kind: "script";
      /** Its path in the container. */
      readonly script: string;
      readonly arguments: readonly string[];
    }
  /** The shell script that the SDK's FrameworkProcessor writes, which starts a script of its own. */
  | { readonly kind: "framework" };

/** Where the SDK's FrameworkProcessor puts its shell script, and the code beside it. */
export const frameworkFolders = {
  entrypoint: "/opt/ml/processing/input/entrypoint",
  code: "/opt/ml/processing/input/code",
};

/**
 * Reads the entry point of a processing job: `python3 SCRIPT.py ARGUMENT...`, also with `-u`, or the shell
 * script of the SDK's FrameworkProcessor. Output is never held back here, so `-u` changes nothing.
 *
 * @returns undefined if it is of another form, or empty
 */
export function readEntrypoint(words: readonly string[]): Entrypoint | undefined {
  const [program = "", ...rest] = words;
  if (/(^|\/)bash$/.test(program)) {
    const isFramework =
      rest.length === 1 && rest[0] === `${frameworkFolders.entrypoint}/runproc.sh`;
    return isFramework ? { kind: "framework" } : undefined;
  }
  const [script = "", ...given] = rest[0] === "-u" ? rest.slice(1) : rest;
  return /(^|\/)python3?$/.test(program) && script.endsWith(".py")
    ? { kind: "script", script, arguments: given }
    : undefined;
}
