import { formatListing, type Listing } from "../terminal/listing";
import { widthOf } from "../terminal/output";
import type { Pause } from "../sageMaker/follow";

/** Where commands write, and how they wait: injected, so that tests need neither a process nor a clock. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Receives the exit code if it is not 0. */
  readonly exit: (code: number) => void;
  /** Waits between two polls. Default: real time. */
  readonly pause?: Pause;
}

/** Prints a line of a command's result. */
export function print({ stdout }: Terminal, line: string): void {
  stdout.write(`${line}\n`);
}

/** Prints a listing, as a table that fits, or as JSON. */
export function printListing(terminal: Terminal, listing: Listing, json = false): void {
  print(terminal, formatListing(listing, json, widthOf(terminal.stdout)));
}

/** Prints a line that is not part of a command's result. */
export function note({ stderr }: Terminal, line: string): void {
  stderr.write(`${line}\n`);
}
