/** How many letters of a word may be added, left out or exchanged in what was meant by it. */
const maxDistance = 2;

/** How many letters must be added, left out or exchanged to make one text of another. */
function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, place) => place);
  for (const [row, letter] of Array.from(left).entries()) {
    const current = [row + 1];
    for (const [column, other] of Array.from(right).entries()) {
      current.push(
        Math.min(
          (previous[column] ?? 0) + (letter === other ? 0 : 1),
          (previous[column + 1] ?? 0) + 1,
          (current[column] ?? 0) + 1,
        ),
      );
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

/** Of names, the one that was probably meant by what somebody typed; undefined where none is near. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const near = names
    .filter((name) => Math.abs(name.length - typed.length) <= maxDistance)
    .map((name) => ({ name, distance: distance(typed, name) }))
    .sort((left, right) => left.distance - right.distance);
  return near[0] !== undefined && near[0].distance <= maxDistance ? near[0].name : undefined;
}
