/** Ends the process when the reader of its output closes the pipe, as `| head` does. */
export function endWithReader(output: NodeJS.WriteStream): void {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      throw error;
    }
    process.exit(0);
  });
}

/** The width of a stream's terminal in characters; without a terminal, COLUMNS or no limit. */
export function widthOf(stream: NodeJS.WriteStream): number {
  const columns = stream.isTTY ? stream.columns : Number(process.env["COLUMNS"]);
  return columns > 0 ? columns : Infinity;
}
