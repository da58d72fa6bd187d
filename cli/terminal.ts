import type { Pause } from "./sageMaker/follow";

/** What commands write to, and how they wait: injected, so that tests need neither a process nor a clock. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Takes the exit code if it is not 0. */
  readonly exit: (code: number) => void;
  /** Waits between two polls. Default: by the clock. */
  readonly pause?: Pause;
}

/** Prints a line of a command's result. */
export function print({ stdout }: Terminal, line: string): void {
  stdout.write(`${line}\n`);
}

/** Prints a line beside a command's result. */
export function note({ stderr }: Terminal, line: string): void {
  stderr.write(`${line}\n`);
}
