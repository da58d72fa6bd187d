/** A step that failed, and how to go on. */
export interface FailedStep {
  readonly name: string;
  readonly reason: string;
  /** How the log of its job ends; undefined if it has run none. */
  readonly job?:
    | {
        readonly lastLines: readonly string[];
        /** Where the log is, or the command that prints it. */
        readonly log: string;
        /** The command that runs the step alone, as it was run. */
        readonly again: string;
        /** The command that opens a shell in the folder of its job, where that is kept. */
        readonly shell?: string | undefined;
      }
    | undefined;
}

/** How the log of a failed step's job ends, where it is, and how to go on. */
export function jobLines({ job, reason }: FailedStep): readonly string[] {
  if (job === undefined) {
    return [];
  }
  // Where the job has said nothing of its own, its reason is how the log ends.
  const isKnown = reason.includes(job.lastLines.at(-1) ?? "");
  return [
    ...(isKnown ? [] : job.lastLines.map((line) => `  | ${line}`)),
    `log: ${job.log}`,
    `to run only this step: ${job.again}`,
    ...(job.shell === undefined ? [] : [`to open its folder: ${job.shell}`]),
  ];
}

/** Says why a step failed, and all that {@link jobLines} says: the same from every command. */
export function failedStepText(step: FailedStep): string {
  return [`step ${step.name} failed: ${step.reason}`, ...jobLines(step)].join("\n");
}
