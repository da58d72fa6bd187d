import type { CsvForm } from "./fields";
import { splitLine } from "./fields";

/** A name without case, blanks, symbols and quotes. */
export function bare(name: string): string {
  return name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

type Column = CsvForm["columns"][number];

function isNamed(column: Column | undefined, name: string): boolean {
  return (
    column !== undefined &&
    [column.name, column.header ?? column.name].map(bare).includes(bare(name))
  );
}

/** The fields of a header, whose names may be in quotes even if values are not. */
function headerFields(line: string, form: CsvForm): string[] {
  return splitLine(line, { ...form, quoted: true }) ?? line.split(form.delimiter);
}

/** The number of a line's fields that are names of columns, in any order. */
function knownNames(fields: readonly string[], form: CsvForm): number {
  return fields.filter((name) => form.columns.some((column) => isNamed(column, name))).length;
}

/** The delimiter that a line seems to have, if not the declared one. */
export function delimiterProblem(line: string, number: number, form: CsvForm): string | undefined {
  const { columns, delimiter } = form;
  const values = (by: string): number => line.split(by).length;
  if (values(delimiter) === columns.length) {
    return undefined;
  }
  const others = [",", ";", "\t", "|"].filter((one) => values(one) > 1 && one !== delimiter);
  const likely =
    others.find((one) => values(one) === columns.length) ??
    (values(delimiter) === 1 ? others[0] : undefined);
  return (
    likely &&
    `line ${number}: ${JSON.stringify(likely)} separates ${values(likely)} values, and ` +
      `${JSON.stringify(delimiter)} ${values(delimiter)}: set delimiter: ${JSON.stringify(likely)}`
  );
}

function misnamed(fields: readonly string[], number: number, form: CsvForm): string {
  const { columns } = form;
  const names = columns.map(({ name }) => name);
  if (fields.length === columns.length && knownNames(fields, form) === columns.length) {
    return (
      `line ${number}: the columns have another order than in dataset.columns, and Athena reads them by position: ` +
      `${fields.map(bare).join(", ")} here, ${names.join(", ")} there`
    );
  }
  if (fields.length !== columns.length) {
    return `line ${number}: names ${fields.length} columns, expected ${columns.length} (${names.join(", ")})`;
  }
  const wrong = fields.flatMap((name, place) =>
    isNamed(columns[place], name) ? [] : [{ name, place }],
  );
  const [first] = wrong;
  const others = wrong.length > 1 ? `, and ${wrong.length - 1} more` : "";
  const name = JSON.stringify(first?.name);
  return (
    `line ${number}: column ${(first?.place ?? 0) + 1} is ${name}, but ${names[first?.place ?? 0] ?? ""} in ` +
    `dataset.columns${others}: rename it there, or add header: ${name}`
  );
}

/**
 * The problem with the header lines of a CSV file: Athena skips the declared number, and reads columns by position.
 *
 * @param looksLikeRow whether the values of a line have the columns' types
 * @returns undefined if a line has the table's columns in order
 */
export function headerProblem(
  lines: readonly string[],
  form: CsvForm,
  looksLikeRow: (line: string) => boolean,
): string | undefined {
  const { columns, headerLines } = form;
  if (headerLines === 0) {
    const [first = ""] = lines;
    const isHeader = knownNames(headerFields(first, form), form) * 2 >= columns.length;
    return isHeader && !looksLikeRow(first)
      ? "line 1: contains column names, not values: set headerLines: 1"
      : undefined;
  }
  const tops = lines.slice(0, headerLines).map((line) => headerFields(line, form));
  const isRight = (fields: readonly string[]): boolean =>
    fields.length === columns.length &&
    fields.every((name, place) => isNamed(columns[place], name));
  if (lines.length === 0 || tops.some(isRight)) {
    return undefined;
  }
  const rows = lines.slice(0, headerLines).findIndex(looksLikeRow);
  if (rows >= 0) {
    return `line ${rows + 1}: contains values, not column names: set headerLines: ${rows}`;
  }
  const known = tops.map((fields) => knownNames(fields, form));
  const best = known.indexOf(Math.max(...known));
  return misnamed(tops[best] ?? [], best + 1, form);
}
