import { z } from "zod";

import document from "./listPrices.json";

const price = z.number().min(0).max(1e6);

/** Prices of AWS, on demand. Those of another region or time are given by who pays them. */
export const pricesSchema = z.strictObject({
  source: z.string().describe("Where the prices are from."),
  date: z.iso.date().describe("The day on which they held, such as 2026-11-30."),
  region: z.string().describe("The region that they are of."),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "must be three letters, such as USD")
    .describe("Their currency, by its three letters."),
  instanceHour: z
    .record(z.string(), price)
    .describe(
      "An hour of an instance, by its type: the same for processing, training and transform jobs.",
    ),
  volumeGigabyteMonth: price.describe("A gigabyte of a job's volume, for a month of 730 hours."),
  athenaTebibyte: price.describe("A tebibyte that Athena reads."),
  interfaceEndpointHour: price.describe("An hour of an interface endpoint in one zone."),
  keyMonth: price.describe("A key of KMS, for a month."),
  alarmMonth: price.describe("A metric that an alarm watches, for a month."),
  dashboardMonth: price.describe("A dashboard of CloudWatch, for a month."),
});

export type Prices = z.output<typeof pricesSchema>;

/** Prices that take the place of those that come with the project: some members, or all. */
export const ownPricesSchema = pricesSchema.partial();

/** The hours of a month, as AWS counts them in its prices. */
export const hoursInMonth = 730;

/** The prices that come with the project. */
export const listPrices: Prices = pricesSchema.parse(document);

/** The prices that come with the project, with some replaced; of the instances' too, only those that are given. */
export function pricesWith(own: z.output<typeof ownPricesSchema>): Prices {
  return {
    ...listPrices,
    ...own,
    instanceHour: { ...listPrices.instanceHour, ...own.instanceHour },
  };
}
