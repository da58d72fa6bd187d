import { z } from "zod";

import { text } from "../configFields";
import document from "./listPrices.json";

const price = z.number().min(0).max(1e6);

/** AWS's on-demand prices. The configuration can set those of another region or time. */
const pricesSchema = z.strictObject({
  source: z.string().describe("Source of the prices."),
  date: z.iso.date().describe("Date of the prices, such as 2026-11-30."),
  region: z.string().describe("Their region."),
  currency: text(/^[A-Z]{3}$/, "must be three letters, such as USD").describe(
    "Their currency, in three letters.",
  ),
  instanceHour: z
    .record(z.string(), price)
    .describe(
      "Price of an instance per hour, by type: the same for processing, training and transform jobs, and endpoints.",
    ),
  volumeGigabyteMonth: price.describe(
    "Price of a gigabyte of a job's volume per month of 730 hours.",
  ),
  serverlessGigabyteSecond: price.describe(
    "Price of a second in which a serverless endpoint answers requests, per gigabyte of its memory.",
  ),
  athenaTebibyte: price.describe("Price of a tebibyte read by Athena."),
  interfaceEndpointHour: price.describe("Price of an interface endpoint per hour and zone."),
  keyMonth: price.describe("Price of a KMS key per month."),
  alarmMonth: price.describe("Price of a metric in an alarm per month."),
  dashboardMonth: price.describe("Price of a CloudWatch dashboard per month."),
});

export type Prices = z.output<typeof pricesSchema>;

/** Prices that replace some or all of the project's. */
export const ownPricesSchema = pricesSchema.partial();

/** Hours in a month, as AWS counts them in its prices. */
export const hoursInMonth = 730;

/** The project's own prices. */
export const listPrices: Prices = pricesSchema.parse(document);

/** The project's prices, with some replaced; only the given instance types are replaced. */
export function pricesWith(own: z.output<typeof ownPricesSchema>): Prices {
  return {
    ...listPrices,
    ...own,
    instanceHour: { ...listPrices.instanceHour, ...own.instanceHour },
  };
}
