import { deepEqual, equal } from "node:assert/strict";

import { columnFilter, fieldsOf } from "../../local/execution/steps/csvFilter";

describe("columnFilter", () => {
  const columns = ["a", "b", "c", "d"];
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["$", columns],
    ["$[1:]", ["b", "c", "d"]],
    ["$[:2]", ["a", "b"]],
    ["$[1:3]", ["b", "c"]],
    ["$[:-1]", ["a", "b", "c"]],
    ["$[0,-1]", ["a", "d"]],
    ["$[-1]", ["d"]],
    ["$[ 2, 0 ]", ["c", "a"]],
  ];
  for (const [path, chosen] of cases) {
    it(`reads ${path}`, () => {
      deepEqual(columnFilter(path)?.(columns), chosen);
    });
  }

  for (const path of ["$.features", "$[?(@.a)]", "[0]", "$[", "$['a']"]) {
    it(`does not accept ${path} as columns`, () => {
      equal(columnFilter(path), undefined);
    });
  }
});

describe("fieldsOf", () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["a,b,", ["a", "b", ""]],
    ['"x, y",0.1,0.2', ['"x, y"', "0.1", "0.2"]],
    ['1,"say ""no, no""",2', ["1", '"say ""no, no"""', "2"]],
    ['"",","', ['""', '","']],
  ];
  for (const [row, fields] of rows) {
    it(`splits ${row} at the commas between fields`, () => {
      deepEqual(fieldsOf(row), fields);
      equal(fieldsOf(row).join(","), row);
    });
  }
});
