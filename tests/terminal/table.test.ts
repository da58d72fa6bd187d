import { equal } from "node:assert/strict";
import Table from "cli-table3";

import { columnsOf, drawTable } from "../../terminal/table";

/** The same table by cli-table3. */
function byCliTable(
  head: readonly string[],
  rows: readonly (readonly (number | string)[])[],
  colAligns: ("left" | "right")[] = [],
): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] }, colAligns });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

describe("a table on a terminal", () => {
  const tables = {
    "of numbers and texts": [
      ["Trial", "R²"],
      [
        [1, "0.8312"],
        [12, "-"],
      ],
    ],
    "without rows": [["Group", "Version"], []],
    "with cells of several lines": [
      ["Step", "Hyperparameters", "Seconds"],
      [
        ["TuneXGBoost", "eta=0.1\nmax_depth=6\nseed=1", "3.2"],
        ["", "", ""],
      ],
    ],
    "of accents, wide letters and emoji": [
      ["Ort", "Straße"],
      [
        ["München", "Łódź, Ελλάδα, Йошкар"],
        ["東京都", "한국어 ﾊﾝｶｸ ＡＢＣ"],
        ["cafe\u0301", "🏠 houses、1.5"],
      ],
    ],
    "with colours": [["", "\u001b[1mName\u001b[22m"], [["\u001b[32m★\u001b[39m", "XGBoost"]]],
  } satisfies Record<string, [string[], (number | string)[][]]>;

  for (const [what, [head, rows]] of Object.entries(tables)) {
    it(`${what} is drawn as by cli-table3`, () => {
      equal(drawTable({ head, rows }), byCliTable(head, rows));
    });
  }

  it("aligns columns to the right", () => {
    const [head, rows] = [["Candidate", "R²"], [["XGBoost", "0.8"]]];
    const aligns: ("left" | "right")[] = ["left", "right"];
    equal(drawTable({ head, rows, aligns }), byCliTable(head, rows, aligns));
  });

  it("counts an emoji of several code points as one character", () => {
    equal(columnsOf("👩‍🔬 ❤️ 🇪🇺"), 8);
    equal(columnsOf("x\u200by\u00ad"), 2);
  });
});
