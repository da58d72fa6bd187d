import { deepEqual } from "node:assert/strict";

import { queriedTables } from "../../local/service/queriedTables";

describe("the tables of a query", () => {
  const queries: readonly (readonly [string, readonly string[]])[] = [
    ['SELECT "a" FROM "Restate"."houses" WHERE "from" > 1', ["restate.houses"]],
    ["SELECT * FROM a, b.c d JOIN e ON a.x = d.x, f", ["db.a", "b.c", "db.e", "db.f"]],
    ["WITH t AS (SELECT 1 FROM z), u (v) AS (SELECT * FROM t) SELECT * FROM u", ["db.z"]],
    ["SELECT EXTRACT(YEAR FROM d), TRIM(BOTH FROM x) FROM t WHERE a IS DISTINCT FROM b", ["db.t"]],
    ["SELECT 'from x' FROM (SELECT * FROM q) s, UNNEST(l) m, w -- FROM n", ["db.q", "db.w"]],
    [
      "SELECT a FROM t1 AS x /* FROM t3 */ UNION SELECT b FROM catalog.other.t2",
      ["db.t1", "other.t2"],
    ],
  ];
  for (const [sql, tables] of queries) {
    it(`are found in ${sql}`, () => {
      deepEqual(queriedTables(sql, "db"), tables);
    });
  }
});
