/**
 * The fields of a cron expression of AWS: minutes, hours, day of month, month, day of week, year. Source:
 * EventBridge's guide, "Cron expressions"; Glue uses the same.
 */
const cronPattern =
  /^cron\([\d,*/-]+ [\d,*/-]+ ([\d,*?/LW-]+) [\dA-Z,*/-]+ ([\dA-Z,*?/#-]+) [\d,*/-]+\)$/i;

const ratePattern = /^rate\([1-9]\d* (minute|hour|day)s?\)$/;

/** Whether a text is a cron expression: one of day of month and day of week must be `?`. */
export function isCron(text: string): boolean {
  const [, dayOfMonth, dayOfWeek] = cronPattern.exec(text) ?? [];
  return dayOfMonth !== undefined && (dayOfMonth === "?") !== (dayOfWeek === "?");
}

/** Whether a text is an existing time without a zone: at(2030-01-01T00:00:00). */
function isTime(text: string): boolean {
  const [, time] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(text) ?? [];
  const date = new Date(`${time ?? ""}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(time ?? "");
}

/** Whether EventBridge Scheduler accepts a text as a schedule. */
export function isSchedule(text: string): boolean {
  return isCron(text) || isTime(text) || ratePattern.test(text);
}
