import { deepEqual, equal } from "node:assert/strict";

import { categoricalColumns, featureColumns } from "../../pipeline/dataset";
import { flats } from "./flats";

describe("dataset", () => {
  it("folds every name to lower case, as Athena does", () => {
    equal(flats.table, "flats");
    equal(flats.target, "price");
    deepEqual(
      flats.columns.map(({ name }) => name),
      ["price", "rooms", "district", "floor", "lift", "sold"],
    );
  });

  it("takes every column as a feature that is neither the target nor dropped", () => {
    deepEqual(
      featureColumns(flats).map(({ name }) => name),
      ["rooms", "district", "floor", "lift"],
    );
  });

  it("encodes strings, and what is listed as categorical", () => {
    deepEqual(categoricalColumns(flats), ["district", "floor"]);
  });
});
