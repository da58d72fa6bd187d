import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";

import { housingRows, writeRows } from "../support/housing";
import { type Ended, local, temporaryFolder } from "../support/localRun";

describe("npm run local -- query", () => {
  const folder = temporaryFolder();
  const rows = housingRows(60);
  const query = (...args: readonly string[]): Promise<Ended> => {
    const data = writeRows(join(folder, "housing.data"), rows);
    return local(["query", "--work-folder", join(folder, "work"), "--data", data, ...args]);
  };

  it("runs the pipeline's own query by default, and returns its rows in order", async () => {
    const { code, stderr, stdout } = await query("--json");
    equal(code, 0, stderr);
    const old = rows.map((row) => row.split(",").map(Number)).filter((row) => (row[2] ?? 0) > 10);
    const found = JSON.parse(stdout) as Record<string, number>[];
    deepEqual(
      found.map((row) => Object.values(row)),
      old,
    );
    equal(Object.keys(found[0] ?? {}).at(-1), "medianhousevalue");
  });

  it("runs a user's query", async () => {
    const sql = "SELECT count(*) AS number FROM california_housing WHERE longitude < 0";
    deepEqual(JSON.parse((await query(sql, "--json")).stdout), [{ number: 60 }]);
    match((await query(sql)).stdout, /│ number │\n.*\n│ 60 {5}│/);
  });

  it("returns numbers that are not finite as text", async () => {
    const sql =
      "SELECT CAST('NaN' AS double) AS a, CAST('-Infinity' AS double) AS b, 'NaN, \\\"inf' AS c, 1.5E0 AS d, CAST(NULL AS double) AS e";
    const { stderr, stdout } = await query(`${sql} FROM california_housing LIMIT 1`, "--json");
    equal(stderr, "");
    deepEqual(JSON.parse(stdout), [
      { a: "NaN", b: "-Infinity", c: 'NaN, \\"inf', d: 1.5, e: null },
    ]);
  });

  it("refuses files that do not match the table, as a run does", async () => {
    const data = writeRows(
      join(folder, "semicolons.data"),
      rows.map((row) => row.replaceAll(",", ";")),
    );
    const { code, stderr } = await query("--data", data);
    equal(code, 1);
    equal(
      stderr,
      `error: ${data} does not fit the table:\n` +
        '  semicolons.data: line 1: ";" separates 9 values, and "," 1: set delimiter: ";"\n',
    );
  });

  it("shows the first rows in the terminal, and says so", async () => {
    const { stderr, stdout } = await query("SELECT longitude FROM california_housing");
    equal(stdout.match(/│ -\d/g)?.length, 20);
    equal(stderr, "20 of 60 rows are shown; --json prints all\n");
  });

  for (const [what, args, message] of [
    [
      "a column that there is not",
      ["SELECT nope FROM california_housing"],
      /COLUMN_NOT_FOUND: .*nope/,
    ],
    [
      "data that there is not",
      ["--data", "/nowhere"],
      /--data: file or folder does not exist: \/nowhere/,
    ],
  ] as const) {
    it(`names ${what} in one line`, async () => {
      const { code, stderr, stdout } = await query(...args);
      equal(code, 1);
      match(stderr, new RegExp(`^error: ${message.source}[^\n]*\n$`));
      equal(stdout, "");
    });
  }
});
