import { deepEqual, equal } from "node:assert/strict";

import { findEncoding } from "../../local/preparation/encoding";
import { program } from "../support/definitions";

describe("findEncoding", () => {
  it("reads the query, the columns that the flow keeps, and the columns that it encodes", async () => {
    const { definition, uploads } = await program({
      dataset: {
        table: "flats",
        columns: [
          { name: "price", type: "double" },
          { name: "kind", type: "string" },
          { name: "code", type: "int" },
          { name: "built", type: "date" },
          { name: "rooms", type: "int" },
        ],
        target: "price",
        dropped: ["built"],
        categorical: ["code"],
        filter: [{ column: "rooms", operator: ">", value: 1 }],
      },
    });
    deepEqual(findEncoding(definition, uploads), {
      query:
        'SELECT "price", "kind", "code", "built", "rooms" FROM "restate_test"."flats" WHERE "rooms" > 1',
      database: "restate_test",
      columns: { price: "float", kind: "string", code: "long", rooms: "long" },
      encoded: ["kind", "code"],
    });
  });

  it("finds nothing if nothing is encoded, or there is no flow", async () => {
    const { definition, uploads } = await program();
    equal(findEncoding(definition, uploads), undefined);
    equal(findEncoding(definition, new Map()), undefined);
  });
});
