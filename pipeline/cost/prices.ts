import { z } from "zod";

import document from "./listPrices.json";

const price = z.number().min(0).max(1e6);

/** Prices of AWS, on demand. Those of another region or time are given by who pays them. */
export const pricesSchema = z.strictObject({
  /** Where they are from. */
  source: z.string(),
  /** The day on which they held, such as 2026-11-30. */
  date: z.iso.date(),
  region: z.string(),
  currency: z.string().regex(/^[A-Z]{3}$/, "must be three letters, such as USD"),
  /** An hour of an instance, by its type: the same for processing, training and transform jobs. */
  instanceHour: z.record(z.string(), price),
  /** A gigabyte of a job's volume, for a month of {@link hoursInMonth}. */
  volumeGigabyteMonth: price,
  /** A tebibyte that Athena reads. */
  athenaTebibyte: price,
  /** An hour of an interface endpoint in one zone. */
  interfaceEndpointHour: price,
  /** A key of KMS, for a month. */
  keyMonth: price,
  /** A metric that an alarm watches, for a month. */
  alarmMonth: price,
  dashboardMonth: price,
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
