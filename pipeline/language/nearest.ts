/** The edit distance of two texts: the number of characters to insert, delete or replace. */
function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** The name that a mistyped one probably means, with at most a third of its letters wrong. */
export function nearest(mistyped: string, names: readonly string[]): string | undefined {
  const text = mistyped.toLowerCase();
  let best: { readonly name: string; readonly off: number } | undefined;
  for (const name of names) {
    const off = distance(text, name.toLowerCase());
    if (off <= Math.max(1, Math.floor(name.length / 3)) && off < (best?.off ?? Infinity)) {
      best = { name, off };
    }
  }
  return best?.name;
}
