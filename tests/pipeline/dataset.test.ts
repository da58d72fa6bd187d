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

  it("uses every column except the target and dropped ones as a feature", () => {
    deepEqual(
      featureColumns(flats).map(({ name }) => name),
      ["rooms", "district", "floor", "lift"],
    );
  });

  it("encodes strings and columns listed as categorical", () => {
    deepEqual(categoricalColumns(flats), ["district", "floor"]);
  });
});
