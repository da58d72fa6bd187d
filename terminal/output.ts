import { asUserError } from "../errors/userError";

/** Ends the process when the reader of its output closes the pipe, as `| head` does, or its output cannot be written. */
export function endWithReader(output: NodeJS.WriteStream): void {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") {
      process.exit(0);
    }
    process.stderr.write(`error: ${asUserError(error)?.message ?? error.message}\n`);
    process.exit(1);
  });
}

/** The width of a stream's terminal in characters; without a terminal, COLUMNS or no limit. */
export function widthOf(stream: NodeJS.WriteStream): number {
  const columns = stream.isTTY ? stream.columns : Number(process.env["COLUMNS"]);
  return columns > 0 ? columns : Infinity;
}
