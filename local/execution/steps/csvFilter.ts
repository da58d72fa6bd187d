/**
 * The fields of a CSV row, including their quotes, which may contain commas and doubled quotes. Source: RFC 4180; rows
 * with such fields in aws/amazon-sagemaker-examples#898.
 */
export function fieldsOf(row: string): readonly string[] {
  if (!row.includes('"')) {
    return row.split(",");
  }
  const fields: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let place = 0; place < row.length; place += 1) {
    const character = row[place];
    if (character === '"') {
      isQuoted = !isQuoted;
    } else if (character === "," && !isQuoted) {
      fields.push(row.slice(start, place));
      start = place + 1;
    }
  }
  return [...fields, row.slice(start)];
}

/** Chooses columns of a row. */
export type ColumnFilter = (columns: readonly string[]) => readonly string[];

const index = /^\$\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\]$/;
const slice = /^\$\[\s*(-?\d*)\s*:\s*(-?\d*)\s*\]$/;

/**
 * Parses a JSONPath of a transform's DataProcessing that selects columns of a CSV row: `$`, `$[1:]`, `$[0,-1]`.
 *
 * @returns undefined if it has another form
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
