import { columnsOf, drawTable, type Table } from "./table";

/** A table as a list of columns; each begins with its heading. */
type Columns = readonly (readonly string[])[];

/** Max cells of one row that are stacked in one column: more are hard to tell apart without names. */
const maxStacked = 3;

/** Words up to this width are never broken, such as SageMaker's statuses. */
const unbroken = 24;

const segmenter = new Intl.Segmenter();

function pieces(word: string, width: number): readonly string[] {
  const found = [""];
  for (const { segment } of segmenter.segment(word)) {
    const longer = `${found.at(-1) ?? ""}${segment}`;
    if (longer !== segment && columnsOf(longer) > width) {
      found.push(segment);
    } else {
      found[found.length - 1] = longer;
    }
  }
  return found;
}

function wrappedLine(text: string, width: number, indent: string): readonly string[] {
  if (columnsOf(text) <= width) {
    return [text];
  }
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const [first = "", ...rest] =
      columnsOf(word) > width ? pieces(word, width - indent.length) : [word];
    if (line !== "" && columnsOf(`${line} ${first}`) > width) {
      lines.push(line);
      line = `${indent}${first}`;
    } else {
      line = line === "" ? first : `${line} ${first}`;
    }
    for (const piece of rest) {
      lines.push(line);
      line = `${indent}${piece}`;
    }
  }
  return [...lines, line];
}

/**
 * Wraps a text at spaces, and inside words that are too long for a line.
 * @param indent the prefix of each line but the first
 */
export function wrapped(text: string, width: number, indent = ""): readonly string[] {
  return text.split("\n").flatMap((line) => wrappedLine(line, width, indent));
}

function wrapCells(texts: readonly string[], width: number): readonly string[] {
  return texts.map((text) => wrapped(text, width).join("\n"));
}

/** The width of the widest part of the texts. */
function widest(texts: readonly string[], separator: RegExp | string = "\n"): number {
  return texts
    .flatMap((text) => text.split(separator))
    .reduce((width, part) => Math.max(width, columnsOf(part)), 0);
}

/** The width of a table, including its borders. */
function tableWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + 3, 1);
}

function tableOf(columns: Columns, aligns: Table["aligns"]): Table {
  const [head = [], ...rows] = (columns[0] ?? []).map((_, row) =>
    columns.map((texts) => texts[row] ?? ""),
  );
  return aligns === undefined ? { head, rows } : { head, rows, aligns };
}

/** Wraps cells at spaces as far as needed; undefined if words are too long for that. */
function withWrappedCells(
  columns: Columns,
  aligns: Table["aligns"],
  width: number,
): Table | undefined {
  const longestWord = Math.max(unbroken, Math.floor(width / 3));
  const limits = columns.map((texts) => ({
    least: Math.min(longestWord, widest(texts, /[ \n]/)),
    most: widest(texts),
  }));
  for (let limit = Math.max(...limits.map(({ most }) => most)); limit > 0; limit--) {
    const widths = limits.map(({ least, most }) => Math.max(least, Math.min(most, limit)));
    if (tableWidth(widths) <= width) {
      return tableOf(
        columns.map((texts, index) => wrapCells(texts, widths[index] ?? 0)),
        aligns,
      );
    }
  }
  return undefined;
}

/** Which columns are stacked, and the width of the resulting table. */
interface Stacking {
  readonly stacks: readonly (readonly number[])[];
  readonly width: number;
}

/**
 * The narrowest tables with stacked neighbouring columns, by the number of remaining columns.
 * @param isTall which columns are not stacked
 * @param most max columns to stack into one
 */
function stackings(
  widths: readonly number[],
  isTall: readonly boolean[],
  most: number,
): readonly (Stacking | undefined)[] {
  // By the number of columns from the left, and by the number that remains of them.
  const narrowest: (Stacking | undefined)[][] = [[{ stacks: [], width: tableWidth([]) }]];
  for (let end = 1; end <= widths.length; end++) {
    const here: (Stacking | undefined)[] = [];
    for (let begin = end - 1; begin >= Math.max(0, end - most); begin--) {
      const stack = widths.map((_, index) => index).slice(begin, end);
      if (stack.length > 1 && stack.some((index) => isTall[index])) {
        break;
      }
      const more = Math.max(...widths.slice(begin, end)) + 3;
      for (const [count, before] of (narrowest[begin] ?? []).entries()) {
        const width = (before?.width ?? Infinity) + more;
        if (before !== undefined && width <= (here[count + 1]?.width ?? Infinity)) {
          here[count + 1] = { stacks: [...before.stacks, stack], width };
        }
      }
    }
    narrowest.push(here);
  }
  return narrowest.at(-1) ?? [];
}

/** Stacks as few neighbouring columns as needed; undefined if that is not enough. */
function withStackedCells(
  columns: Columns,
  aligns: Table["aligns"],
  width: number,
): Table | undefined {
  const longest = Math.max(unbroken, Math.floor(width / 3));
  const cells = columns.map((texts) => wrapCells(texts, longest));
  // In a stack, nobody could tell where a cell with several lines ends.
  const isTall = cells.map((texts) => texts.some((text) => text.includes("\n")));
  const widths = cells.map((texts) => widest(texts));
  for (let most = 2; most <= maxStacked; most++) {
    const fitting = stackings(widths, isTall, most).filter(
      (stacking) => stacking !== undefined && stacking.width <= width,
    );
    const stacks = fitting.at(-1)?.stacks;
    if (stacks !== undefined) {
      return tableOf(
        stacks.map((stack) =>
          (cells[0] ?? []).map((_, row) => stack.map((index) => cells[index]?.[row]).join("\n")),
        ),
        stacks.map(([first = 0, ...rest]) =>
          rest.length === 0 ? (aligns?.[first] ?? "left") : "left",
        ),
      );
    }
  }
  return undefined;
}

/** Each row as a list of names and values. */
function asRecords({ head, rows }: Table, width: number): Table {
  const room = Math.max(2, width - tableWidth([0, 0]));
  const nameWidth = Math.min(widest(head), Math.floor(room / 2));
  const records = (rows.length === 0 ? [[]] : rows).map((row) => {
    const pairs = head.map((name, index) => {
      const names = wrapped(name, nameWidth);
      const values = wrapped(String(row[index] ?? ""), room - nameWidth);
      const lines = Array.from({ length: Math.max(names.length, values.length) });
      return [names, values].map((texts) => lines.map((_, line) => texts[line] ?? "").join("\n"));
    });
    return [0, 1].map((side) => pairs.map((pair) => pair[side]).join("\n"));
  });
  const [first = [], ...rest] = records;
  return { head: first, rows: rest };
}

/**
 * Fits a table with all its values into a terminal: wraps cells at spaces; if that is not enough, stacks neighbouring
 * columns; or else shows each row as a list of names and values.
 *
 * @param width max characters of a line
 */
export function fittedTable(table: Table, width: number): string {
  const { aligns, head, rows } = table;
  const columns = head.map((name, column) => [
    name,
    ...rows.map((row) => String(row[column] ?? "")),
  ]);
  return drawTable(
    tableWidth(columns.map((texts) => widest(texts))) <= width
      ? table
      : (withWrappedCells(columns, aligns, width) ??
          withStackedCells(columns, aligns, width) ??
          asRecords(table, width)),
  );
}
