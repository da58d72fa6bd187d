import { datasetSchema } from "../../pipeline/datasetSchema";

/** A table of flats, with a name of its own case, a categorical number and a dropped column. */
export const flats = datasetSchema.parse({
  table: "Flats",
  columns: [
    { name: "Price", type: "double" },
    { name: "rooms", type: "int" },
    { name: "District", type: "string" },
    { name: "floor", type: "tinyint" },
    { name: "lift", type: "boolean" },
    { name: "sold", type: "date" },
  ],
  target: "PRICE",
  dropped: ["sold"],
  categorical: ["floor"],
});
