/** The program of a processing job's entry point. */
type Entrypoint =
  | {
      readonly kind: "script";
      /** Its path in the container. */
      readonly script: string;
      readonly arguments: readonly string[];
    }
  /** The shell script of the SDK's FrameworkProcessor, which starts a Python script. */
  | { readonly kind: "framework" };

/** The folder of the SDK's FrameworkProcessor for its shell script and the code. */
export const frameworkFolders = {
  entrypoint: "/opt/ml/processing/input/entrypoint",
  code: "/opt/ml/processing/input/code",
};

/**
 * Parses the entry point of a processing job: `python3 SCRIPT.py ARGUMENT...`, also with `-u`, or the shell script of the
 * SDK's FrameworkProcessor. Output is never buffered here, so `-u` has no effect.
 *
 * @returns undefined if it has another form, or is empty
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
