import type { Dataset } from "../datasetFields";

/** The form of a table's CSV files. */
export type CsvForm = Pick<
  Dataset,
  | "columns"
  | "dateFormats"
  | "decimal"
  | "delimiter"
  | "headerLines"
  | "nullTexts"
  | "quoted"
  | "thousands"
>;

/**
 * The values of a line. With quotes, only lines that OpenCSVSerde and other readers read alike: values are wholly in quotes
 * or have none, quotes inside are doubled, and there is no backslash, which escapes.
 * Source: trino's CsvDeserializer, which is bug for bug compatible with OpenCSVSerde.
 *
 * @returns undefined if the line has another form
 */
export function splitLine(line: string, { delimiter, quoted }: CsvForm): string[] | undefined {
  if (!quoted) {
    return line.split(delimiter);
  }
  const inQuotes = /"((?:[^"\\]|"")*)"/y;
  const fields: string[] = [];
  for (let start = 0; start <= line.length; start += 1) {
    if (line[start] === '"') {
      inQuotes.lastIndex = start;
      const [whole, value] = inQuotes.exec(line) ?? [];
      if (whole === undefined || value === undefined) {
        return undefined;
      }
      fields.push(value.replaceAll('""', '"'));
      start += whole.length;
    } else {
      const end = line.indexOf(delimiter, start);
      const value = line.slice(start, end < 0 ? line.length : end);
      if (/["\\]/.test(value)) {
        return undefined;
      }
      fields.push(value);
      start += value.length;
    }
    if (start < line.length && line[start] !== delimiter) {
      return undefined;
    }
  }
  return fields;
}
