/** A failed step, and what to do next. */
export interface FailedStep {
  readonly name: string;
  readonly reason: string;
  /** The end of its job's log; undefined if it ran no job. */
  readonly job?:
    | {
        readonly lastLines: readonly string[];
        /** Where the log is, or the command that prints it. */
        readonly log: string;
        /** The command that runs this step again, alone. */
        readonly again: string;
        /** The command that opens a shell in the job's folder, if that is kept. */
        readonly shell?: string | undefined;
      }
    | undefined;
}

/** The end of the job's log, where the log is, and what to do next. */
export function jobLines({ job, reason }: FailedStep): readonly string[] {
  if (job === undefined) {
    return [];
  }
  // A job that wrote no failure reason has the log's last line as its reason: show it once.
  const isKnown = reason.includes(job.lastLines.at(-1) ?? "");
  return [
    ...(isKnown ? [] : job.lastLines.map((line) => `  | ${line}`)),
    `log: ${job.log}`,
    `to run only this step: ${job.again}`,
    ...(job.shell === undefined ? [] : [`to open its folder: ${job.shell}`]),
  ];
}

/** Why a step failed, followed by {@link jobLines}: the same in every command. */
export function failedStepText(step: FailedStep): string {
  return [`step ${step.name} failed: ${step.reason}`, ...jobLines(step)].join("\n");
}
