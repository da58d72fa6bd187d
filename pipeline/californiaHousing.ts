import type { z } from "zod";

import type { datasetSchema } from "./datasetSchema";
import type { JsonObject } from "./language/json";

/**
 * StatLib's California housing: predict the median house value of a block group in 1990 (US dollars)
 * from seven features. Median income is dropped, as the problem statement asks.
 */
export const californiaHousing: z.input<typeof datasetSchema> & JsonObject = {
  table: "california_housing",
  columns: [
    { name: "longitude", type: "double" },
    { name: "latitude", type: "double" },
    { name: "housingMedianAge", type: "double" },
    { name: "totalRooms", type: "double" },
    { name: "totalBedrooms", type: "double" },
    { name: "population", type: "double" },
    { name: "households", type: "double" },
    { name: "medianIncome", type: "double" },
    { name: "medianHouseValue", type: "double" },
  ],
  format: "csv",
  headerLines: 0,
  target: "medianHouseValue",
  dropped: ["medianIncome"],
  categorical: [],
  filter: [{ column: "housingMedianAge", operator: ">", value: 10 }],
  missingValues: "keep",
  split: { train: 0.7, validation: 0.2, test: 0.1 },
  seed: 1729,
  selectedTable: "california_10",
};
