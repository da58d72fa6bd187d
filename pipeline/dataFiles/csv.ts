import { type ColumnType, columnType } from "../columnTypes";
import { type CsvForm, splitLine } from "./fields";
import { dateFormatPattern, formatType } from "../dateParts";
import { delimiterProblem, headerProblem } from "./header";
import type { Sample } from "./sample";
import { isCsvValue, isMissing } from "./values";

/** A value for messages: shortened, and without control characters. */
function shown(value: string): string {
  const plain = value.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\uFFFD");
  return `'${plain.length > 30 ? `${plain.slice(0, 29)}…` : plain}'`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

interface Row {
  readonly number: number;
  readonly fields: readonly string[];
}

/** A number with a decimal comma. */
const withDecimalComma = /^[+-]?\d*,\d+$/;

/** The problem with a column's values, in the form of the local run's check of all values. */
function valuesProblem(
  name: string,
  typeName: string,
  type: ColumnType,
  values: readonly { readonly number: number; readonly value: string }[],
  all: string,
  form: CsvForm,
): string | undefined {
  const format = form.dateFormats[name];
  const pattern = format === undefined ? undefined : dateFormatPattern(format);
  const wrong = values.filter(({ value }) =>
    pattern === undefined
      ? !isCsvValue(type, value, form)
      : !isMissing(value, form) && !pattern.test(value),
  );
  const [first] = wrong;
  if (first === undefined) {
    return undefined;
  }
  const distinct = [...new Set(wrong.map(({ value }) => value))];
  const moment = format !== undefined && formatType(format) === "time" ? "time" : "date";
  const wanted = format === undefined ? typeName : `${moment} in the form ${format}`;
  const kind = `not ${/^[aeiou]/.test(wanted) ? "an" : "a"} ${wanted}`;
  const are = wrong.length === 1 ? "is" : "are";
  const what =
    distinct.length === 1
      ? `${are} ${shown(first.value)}, ${kind}`
      : `${are} ${kind}, such as ${distinct.slice(0, 3).map(shown).join(", ")}`;
  const isFraction = ["decimal", "double", "float"].includes(type.kind);
  const hint =
    isFraction && form.decimal === "." && distinct.every((value) => withDecimalComma.test(value))
      ? ': set decimal: ","'
      : "";
  return `${name}: ${wrong.length.toLocaleString("en-US")} of ${all} ${what}${hint}; first in line ${first.number}`;
}

/**
 * The problems of the beginning of a CSV file: the columns' names and order, delimiters and quotes, and optionally the
 * values.
 */
export function csvProblems(
  sample: Sample,
  form: CsvForm,
  checkValues: boolean,
): readonly string[] {
  const { columns, headerLines, quoted } = form;
  const types = columns.map(({ type }) => columnType(type));
  const looksLikeRow = (line: string): boolean => {
    const fields = splitLine(line, form);
    const isTyped = (_: unknown, place: number): boolean =>
      !["char", "string", "varchar", undefined].includes(types[place]?.kind);
    return (
      fields?.length === columns.length &&
      fields.some((value, place) => isTyped(value, place) && value !== "") &&
      fields.every((value, place) => {
        const type = types[place];
        return type === undefined || isCsvValue(type, value, form);
      })
    );
  };
  const lines = sample.lines.map((line, index) => ({ line, number: index + 1 }));
  const filled = lines.slice(headerLines).filter(({ line }) => line !== "");
  const top = [...lines.slice(0, headerLines), ...filled.slice(0, 1)];
  const structure = [
    ...top.map(({ line, number }) => delimiterProblem(line, number, form)),
    headerProblem(sample.lines, form, looksLikeRow),
  ].find((problem) => problem !== undefined);
  if (structure !== undefined) {
    return [structure];
  }
  const rows = filled.map(({ line, number }) => ({ number, fields: splitLine(line, form) }));
  const isQuoted = (value: string): boolean => value.length > 1 && /^".*"$/.test(value);
  const inQuotes = rows.find(
    ({ fields }) =>
      !quoted &&
      (fields?.some(isQuoted) === true ||
        (fields?.length !== columns.length &&
          fields?.some((value) => value.startsWith('"')) === true)),
  );
  if (inQuotes !== undefined) {
    return [
      `line ${inQuotes.number}: values are in double quotes, which Athena treats as part of the value: set quoted: true`,
    ];
  }
  const broken = rows.find(({ fields }) => fields === undefined);
  if (broken !== undefined) {
    const isNull = lines[broken.number - 1]?.line.includes("\\N") === true;
    return [
      `line ${broken.number}: a quote or backslash inside a value; OpenCSVSerde reads values in quotes on one line, with ` +
        "quotes inside doubled, and treats a backslash as an escape" +
        (isNull ? "; write missing values as nothing or as NA, not as \\N" : ""),
    ];
  }
  if (!checkValues) {
    return [];
  }
  const whole = rows as readonly Row[];
  const right = whole.filter(({ fields }) => fields.length === columns.length);
  const wrong = whole.filter(({ fields }) => fields.length !== columns.length);
  const problems: string[] = [];
  const of = sample.isWhole ? "" : "the first ";
  const [first] = wrong;
  if (first !== undefined) {
    problems.push(
      `${wrong.length.toLocaleString("en-US")} of ${of}${counted(whole.length, "line")} ` +
        `${wrong.length === 1 ? "has" : "have"} the wrong number of columns; first in line ${first.number}: ` +
        `${counted(first.fields.length, "column")}, expected ${columns.length}`,
    );
  }
  columns.forEach(({ name, type: typeName }, place) => {
    const type = types[place];
    const values = right.map(({ fields, number }) => ({ number, value: fields[place] ?? "" }));
    const all = `${of}${counted(right.length, "value")}`;
    const problem = type && valuesProblem(name, typeName, type, values, all, form);
    problems.push(...(problem === undefined ? [] : [problem]));
  });
  return problems;
}
