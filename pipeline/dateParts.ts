/**
 * The parts of a date or timestamp that can be features, and Athena's SQL for each: a bigint, null if the value is. Days of the week are 1 (Monday) to 7
 * (Sunday), weeks are those of ISO 8601. Source: Trino's documentation, "Date and time functions and operators".
 */
export const sqlOfParts = {
  year: (value) => `year(${value})`,
  quarter: (value) => `quarter(${value})`,
  month: (value) => `month(${value})`,
  week: (value) => `week(${value})`,
  dayOfMonth: (value) => `day_of_month(${value})`,
  dayOfWeek: (value) => `day_of_week(${value})`,
  dayOfYear: (value) => `day_of_year(${value})`,
  hour: (value) => `hour(${value})`,
  minute: (value) => `minute(${value})`,
  minuteOfDay: (value) => `hour(${value}) * 60 + minute(${value})`,
  // Counted from a fixed day, so that a row's value does not depend on other rows.
  daysSinceEpoch: (value) => `date_diff('day', DATE '1970-01-01', CAST(${value} AS date))`,
} satisfies Readonly<Record<string, (value: string) => string>>;

/** A part of a date or timestamp. */
export type DatePart = keyof typeof sqlOfParts;

/** Every part, by its name in the configuration. */
export const dateParts = Object.keys(sqlOfParts) as [DatePart, ...DatePart[]];

/** What a column holds: dates, times of day, or both. */
export type MomentType = "date" | "time" | "timestamp";

/** The parts that dates do not have, and the only ones of times of day. */
export const partsOfTime: readonly DatePart[] = ["hour", "minute", "minuteOfDay"];

/** The parts of `auto`. */
export function usualParts(type: MomentType): readonly DatePart[] {
  const ofDates = ["year", "month", "dayOfWeek", "daysSinceEpoch"] as const;
  const usual = { date: ofDates, time: ["minuteOfDay"], timestamp: [...ofDates, "hour"] } as const;
  return usual[type];
}

/** The name of a part's column, in lower case like Athena's names: `sold_day_of_week`. */
export function partName(column: string, part: DatePart): string {
  return `${column}_${part.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}

/**
 * The field of a format's specifier, for those that Athena and the local run support.
 * Source: Trino's documentation, "MySQL date functions".
 */
const fieldsOfSpecifiers: Readonly<Record<string, readonly string[]>> = {
  ...{ "%Y": ["year"], "%y": ["year"] },
  ...{ "%m": ["month"], "%c": ["month"], "%b": ["month"], "%M": ["month"] },
  ...{ "%d": ["day"], "%e": ["day"] },
  ...{ "%H": ["hour"], "%k": ["hour"] },
  ...{ "%h": ["hour of twelve"], "%I": ["hour of twelve"], "%l": ["hour of twelve"] },
  ...{ "%p": ["half of the day"], "%i": ["minute"], "%f": ["fraction of a second"] },
  ...{ "%s": ["second"], "%S": ["second"] },
  "%T": ["hour", "minute", "second"],
  "%r": ["hour of twelve", "minute", "second", "half of the day"],
  "%%": [],
};

function specifiersOf(format: string): readonly string[] {
  return format.match(/%.?/gs) ?? [];
}

function fieldsOf(format: string): readonly string[] {
  return specifiersOf(format).flatMap((specifier) => fieldsOfSpecifiers[specifier] ?? []);
}

/** The problem with a format of dates or times of day in text, if any. */
export function dateFormatProblem(format: string): string | undefined {
  const unknown = specifiersOf(format).find((one) => !(one in fieldsOfSpecifiers));
  if (unknown !== undefined) {
    const known = Object.keys(fieldsOfSpecifiers).join(" ");
    return `${JSON.stringify(format)}: ${unknown} is not one of ${known}`;
  }
  const fields = fieldsOf(format);
  const [twice] = fields.filter((field, place) => fields.indexOf(field) < place);
  if (twice !== undefined || (fields.includes("hour") && fields.includes("hour of twelve"))) {
    return `${JSON.stringify(format)} has the ${twice ?? "hour"} twice`;
  }
  if (!fields.includes("year") && formatType(format) !== "time") {
    return `${JSON.stringify(format)} has no year (%Y, or %y for two digits), and is no time of day, such as %H:%i`;
  }
  return fields.includes("hour of twelve") === fields.includes("half of the day")
    ? undefined
    : `${JSON.stringify(format)}: an hour of twelve (%h, %I, %l) and %p need each other`;
}

const toTwelve = "(0?[1-9]|1[0-2])";
const day = "(0?[1-9]|[12]\\d|3[01])";
const hour = "([01]?\\d|2[0-3])";
const sixtieth = "[0-5]?\\d";
const monthNames =
  "january|february|march|april|may|june|july|august|september|october|november|december".split(
    "|",
  );

/** The regular expression of a specifier. */
const formsOfSpecifiers: Readonly<Record<string, string>> = {
  ...{ "%Y": "\\d{1,4}", "%y": "\\d{2}", "%m": toTwelve, "%c": toTwelve, "%d": day, "%e": day },
  ...{ "%b": `(${monthNames.map((name) => name.slice(0, 3)).join("|")})` },
  ...{ "%M": `(${monthNames.join("|")})`, "%H": hour, "%k": hour },
  ...{ "%h": toTwelve, "%I": toTwelve, "%l": toTwelve, "%p": "[ap]m", "%f": "\\d{1,9}" },
  ...{ "%i": sixtieth, "%s": sixtieth, "%S": sixtieth, "%%": "%" },
  "%T": `${hour}:${sixtieth}:${sixtieth}`,
  "%r": `${toTwelve}:${sixtieth}:${sixtieth} [ap]m`,
};

/** The regular expression of a format. A match may still not be a valid date, such as February 30. */
export function dateFormatPattern(format: string): RegExp {
  const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  const parts = format.match(/%.|[^%]+/gs) ?? [];
  return new RegExp(
    `^${parts.map((one) => formsOfSpecifiers[one] ?? escaped(one)).join("")}$`,
    "i",
  );
}

/** The type of a format's values. */
export function formatType(format: string): MomentType {
  const fields = fieldsOf(format);
  const ofDates = ["year", "month", "day"].filter((field) => fields.includes(field)).length;
  const hasHour = fields.some((field) => field.startsWith("hour"));
  return ofDates === fields.length ? "date" : ofDates === 0 && hasHour ? "time" : "timestamp";
}
