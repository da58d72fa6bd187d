/** Chooses columns of a row. */
export type ColumnFilter = (columns: readonly string[]) => readonly string[];

const index = /^\$\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\]$/;
const slice = /^\$\[\s*(-?\d*)\s*:\s*(-?\d*)\s*\]$/;

/**
 * Reads a JSONPath of a transform's DataProcessing, as far as it means columns of a CSV row: `$`, `$[1:]`,
 * `$[0,-1]`.
 *
 * @returns undefined where it is none of these
 */
export function columnFilter(path: string): ColumnFilter | undefined {
  if (path === "$") {
    return (columns) => columns;
  }
  const places = index.exec(path)?.[1]?.split(",").map(Number);
  if (places !== undefined) {
    return (columns) => places.map((place) => columns.at(place) ?? "");
  }
  const range = slice.exec(path);
  if (range === null) {
    return undefined;
  }
  const [start, end] = range.slice(1).map((text) => (text === "" ? undefined : Number(text)));
  return (columns) => columns.slice(start, end);
}
