import { deepEqual, equal, ok } from "node:assert/strict";

import { fittedTable, wrapped } from "../../terminal/fittedTable";
import { columnsOf, drawTable, type Table } from "../../terminal/table";
import { executionListing, modelListing, trialListing } from "../../terminal/tables";

const time = "2026-01-02T03:04:05.000Z";
const model = (table: string, version: number) => ({
  group: `restate-${table}`,
  version,
  candidate: "DecisionTree",
  table,
  target: "median_house_value",
  r2: 0.83123,
  approvalStatus: "PendingManualApproval",
  creationTime: time,
});
const run = (pipelineName: string) => ({
  id: "a1b2c3d4e5f6",
  pipelineName,
  startTime: time,
  status: "Succeeded",
  seconds: 123.4,
  winner: { name: "DecisionTree", r2: 0.83, version: 3 },
});
const trial = (number: number) => ({
  step: "TuneDecisionTree",
  number,
  status: "Completed",
  objective: 67082.1,
  seconds: 3.2,
  hyperparameters: { max_depth: "7", min_samples_leaf: "0.0012345678912345" },
});
const columns =
  "longitude latitude housing_median_age total_rooms total_bedrooms population households value".split(
    " ",
  );
const comparison: Table = {
  head: ["", "a1b2c3d4e5f6", "f6e5d4c3b2a1"],
  rows: [
    ["Started", "2026-01-02T03:04:05", "2026-01-03T03:04:05"],
    ["DecisionTree R², 90 %", "0.8312 to 0.8412", "-"],
    ["DecisionTree min_impurity_decrease", "0.0012345678912345", "0.1"],
    ["Parameter Source", `s3://bucket/${"prefix/".repeat(12)}`, ""],
  ],
};
const listings: Readonly<Record<string, Table>> = {
  models: modelListing([model("flats", 1), model("houses", 12)]),
  runs: executionListing([run("restate-dev"), run("restate-flats")]),
  trials: trialListing([trial(0), trial(9)]),
  comparison,
  "a query's rows": { head: columns, rows: [columns.map((_, index) => index * 1234.5)] },
  "wide letters": {
    head: ["地名", "説明"],
    rows: [["東京都", "東京の人口は約千四百万人であり日本の首都である".repeat(3)]],
  },
  "no rows": { head: [...columns, ...columns], rows: [] },
  "many columns": {
    head: columns.flatMap((name) => [name, `${name}_of_the_neighbours`]),
    rows: [],
  },
};

/** What a table holds, without its form. */
function letters(texts: readonly (number | string)[]): string {
  return Array.from(texts.join("").replace(/[\s─│┌┬┐├┼┤└┴┘]/g, ""))
    .sort()
    .join("");
}

describe("a table on a narrow terminal", () => {
  for (const [name, table] of Object.entries(listings)) {
    for (const width of [20, 60, 80, 120]) {
      it(`with ${name} has all its values in lines of at most ${width} columns`, () => {
        const text = fittedTable(table, width);
        deepEqual(
          text.split("\n").filter((line) => columnsOf(line) > width),
          [],
        );
        const heads = [table.head, table.rows.flatMap(() => table.head)];
        const whole = heads.map((head) => letters([...head, ...table.rows.flat()]));
        ok(whole.includes(letters([text])), text);
      });
    }
  }

  it("is unchanged if it fits, or if the width is unknown", () => {
    for (const table of Object.values(listings)) {
      equal(fittedTable(table, Infinity), drawTable(table));
    }
  });

  it("first wraps cells at spaces", () => {
    const { head, rows } = comparison;
    equal(
      fittedTable({ head, rows: rows.slice(1, 3) }, 70),
      [
        "┌───────────────────────┬────────────────────┬──────────────┐",
        "│                       │ a1b2c3d4e5f6       │ f6e5d4c3b2a1 │",
        "├───────────────────────┼────────────────────┼──────────────┤",
        "│ DecisionTree R², 90 % │ 0.8312 to 0.8412   │ -            │",
        "├───────────────────────┼────────────────────┼──────────────┤",
        "│ DecisionTree          │ 0.0012345678912345 │ 0.1          │",
        "│ min_impurity_decrease │                    │              │",
        "└───────────────────────┴────────────────────┴──────────────┘",
      ].join("\n"),
    );
  });

  it("stacks neighbouring columns if that is not enough", () => {
    equal(
      fittedTable(modelListing([model("flats", 1), model("houses", 12)]), 80),
      [
        "┌────────────────┬────────────────────┬──────────────┬───────────────────────┐",
        "│ Group          │ Table              │ Candidate    │ Status                │",
        "│ Version        │ Target             │ R²           │ Registered            │",
        "├────────────────┼────────────────────┼──────────────┼───────────────────────┤",
        "│ restate-flats  │ flats              │ DecisionTree │ PendingManualApproval │",
        "│ 1              │ median_house_value │ 0.8312       │ 2026-01-02 03:04:05   │",
        "├────────────────┼────────────────────┼──────────────┼───────────────────────┤",
        "│ restate-houses │ houses             │ DecisionTree │ PendingManualApproval │",
        "│ 12             │ median_house_value │ 0.8312       │ 2026-01-02 03:04:05   │",
        "└────────────────┴────────────────────┴──────────────┴───────────────────────┘",
      ].join("\n"),
    );
  });

  it("lists names and values of each row if there are too many columns", () => {
    equal(
      fittedTable({ head: ["Step", "Reason"], rows: [["Tune", "x".repeat(30)]] }, 24),
      [
        "┌────────┬─────────────┐",
        "│ Step   │ Tune        │",
        "│ Reason │ xxxxxxxxxxx │",
        "│        │ xxxxxxxxxxx │",
        "│        │ xxxxxxxx    │",
        "└────────┴─────────────┘",
      ].join("\n"),
    );
  });
});

describe("a wrapped text", () => {
  it("indents lines after the first, and keeps its own line breaks", () => {
    deepEqual(wrapped("one two\nthree", 20), ["one two", "three"]);
    deepEqual(wrapped("XGBoost: eta=0.1 depth=3", 12, "  "), [
      "XGBoost:",
      "  eta=0.1",
      "  depth=3",
    ]);
    deepEqual(wrapped("a s3://bucket/key", 8), ["a", "s3://buc", "ket/key"]);
  });
});
