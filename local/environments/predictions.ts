/** The predictions in a model's answer, as CSV: a line each, or, for built-in algorithms, all in one line. */
export function predictionsIn(answer: string, count: number): readonly string[] {
  const lines = answer.trimEnd().split("\n");
  return lines.length === count ? lines : answer.trim().split(/[,\n]/);
}
