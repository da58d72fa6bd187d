import { stripVTControlCharacters } from "node:util";

/** Most texts: characters of one column each, none of them combining or wide. */
const plain = /^[\x20-\x7e\xa1-\xac\xae-\u02ff]*$/;

/** Characters of two columns. Source: Unicode's East Asian Width, W and F, and its emoji. */
const wide =
  /^(?:[\p{Script=Han}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Emoji_Presentation}\u2ff0-\u303e\u3041-\u3247\u3250-\u33ff\uff01-\uff60\uffe0-\uffe6]|.\ufe0f)/su;

/** The half-width forms of wide scripts. */
const halfWidth = /^[\uff61-\uffdc]/;

/** Characters without a column: they modify the one before them, or are not shown. */
const unseen = /^[\p{Mark}\p{Cc}\p{Cf}]/u;

const segmenter = new Intl.Segmenter();

/** The number of columns that a line takes on a terminal, not counting colour codes. */
export function columnsOf(text: string): number {
  if (plain.test(text)) {
    return text.length;
  }
  let columns = 0;
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text))) {
    if (!unseen.test(segment)) {
      columns += wide.test(segment) && !halfWidth.test(segment) ? 2 : 1;
    }
  }
  return columns;
}

/** A table as text. A cell may have several lines. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (number | string)[])[];
  /** The alignment of each column. Default: left. */
  readonly aligns?: readonly ("left" | "right")[];
}

/** Pads a text to a width. */
function padded(text: string, width: number, align: "left" | "right"): string {
  const blanks = " ".repeat(Math.max(0, width - columnsOf(text)));
  return align === "left" ? ` ${text}${blanks} ` : ` ${blanks}${text} `;
}

/** Draws a table with borders. */
export function drawTable({ aligns = [], head, rows }: Table): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => String(cell).split("\n")));
  const widths = head.map((_, column) =>
    cells
      .flatMap((row) => row[column] ?? [])
      .reduce((widest, line) => Math.max(widest, columnsOf(line)), 0),
  );
  const rule = (left: string, middle: string, right: string): string =>
    left + widths.map((width) => "─".repeat(width + 2)).join(middle) + right;
  const drawn = cells.map((row) => {
    const height = Math.max(...row.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) => {
      const texts = widths.map((width, column) =>
        padded(row[column]?.[line] ?? "", width, aligns[column] ?? "left"),
      );
      return `│${texts.join("│")}│`;
    }).join("\n");
  });
  return [rule("┌", "┬", "┐"), drawn.join(`\n${rule("├", "┼", "┤")}\n`), rule("└", "┴", "┘")].join(
    "\n",
  );
}
