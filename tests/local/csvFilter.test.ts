import { deepEqual, equal } from "node:assert/strict";

import { columnFilter } from "../../local/steps/csvFilter";

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
    it(`does not take ${path} for columns`, () => {
      equal(columnFilter(path), undefined);
    });
  }
});
