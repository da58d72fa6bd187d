/** Ends the process when whoever reads its output has seen enough, as `| head` has. */
export function endWithReader(output: NodeJS.WriteStream): void {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      throw error;
    }
    process.exit(0);
  });
}

/** The width of a stream's terminal in characters; without one, what COLUMNS says, or no limit. */
export function widthOf(stream: NodeJS.WriteStream): number {
  const columns = stream.isTTY ? stream.columns : Number(process.env["COLUMNS"]);
  return columns > 0 ? columns : Infinity;
}
