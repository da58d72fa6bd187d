import type { Html } from "./html";
import { html } from "./html";
import { category, figure, quantity } from "./charts/draw";
import { page } from "./page";
import { table, text } from "./table";

/** The findings of a day's drift job, as local/drift_simulation writes them. */
export interface SimulatedDay {
  /** From 0. */
  readonly day: number;
  readonly findings: readonly {
    readonly kind: string;
    readonly subject: string;
    readonly text: string;
  }[];
  /** The largest effect, in multiples of the threshold. */
  readonly largest: number;
  /** The expected error, and the actual error on labelled rows, in multiples of the test rows'. */
  readonly expectedError: number;
  readonly trueError: number | null;
}

/** Consecutive days on which the alarm is on. */
export interface Alarm {
  readonly from: number;
  readonly to: number;
  /** The findings of its first day, the largest first. */
  readonly found: readonly string[];
}

/** A shift, and when it was detected. */
interface SimulatedShift {
  readonly text: string;
  readonly start: number;
  /** The first day with a finding about what it changes; undefined if there was none. */
  readonly found: number | undefined;
}

/** A replay of days. */
export interface Simulation {
  /** The model, for people. */
  readonly model: string;
  /** Requested rows per day, and the rows that they are drawn from. */
  readonly rows: number;
  readonly population: number;
  readonly days: readonly SimulatedDay[];
  readonly shifts: readonly SimulatedShift[];
  readonly alarms: readonly Alarm[];
}

/** The alarms of days: consecutive days with findings are one alarm. */
export function alarmsOf(days: readonly SimulatedDay[]): readonly Alarm[] {
  const alarms: Alarm[] = [];
  for (const { day, findings } of days) {
    const last = alarms.at(-1);
    if (findings.length > 0 && last?.to === day - 1) {
      alarms[alarms.length - 1] = { ...last, to: day };
    } else if (findings.length > 0) {
      alarms.push({ from: day, to: day, found: findings.map(({ text }) => text) });
    }
  }
  return alarms;
}

const dayAxis = (days: readonly SimulatedDay[]): object =>
  quantity("day", {
    title: "Day",
    scale: { domain: [0, Math.max(1, days.length - 1)], nice: false },
    axis: { format: "d", tickMinStep: 1, tickCount: 8, grid: false },
  });

/** Vertical lines for the days on which shifts begin. */
const starts = (shifts: readonly SimulatedShift[]): object => ({
  data: { values: shifts.map(({ start, text }) => ({ day: start, text })) },
  mark: { type: "rule", color: "var(--faint)", strokeDash: [3, 3] },
});

function effectChart({ days, shifts }: Simulation): Promise<Html> {
  const points = days.map(({ day, findings, largest }) => ({
    day,
    largest,
    isFound: findings.length > 0,
  }));
  return figure(
    "Largest difference of each day, in multiples of the least that counts; dots are alarms",
    `The alarm is on on ${points.filter(({ isFound }) => isFound).length} of ${days.length} days.`,
    {
      height: 200,
      encoding: { x: dayAxis(days) },
      layer: [
        starts(shifts),
        {
          data: { values: [{ level: 1 }] },
          mark: { type: "rule", color: "var(--warn)" },
          encoding: { y: quantity("level"), x: null },
        },
        {
          data: { values: points },
          mark: { type: "line", color: "var(--series)", strokeWidth: 1.5 },
          encoding: {
            y: quantity("largest", { title: null, scale: { type: "symlog", nice: true } }),
          },
        },
        {
          data: { values: points.filter(({ isFound }) => isFound) },
          mark: { type: "point", filled: true, opacity: 1, size: 40, color: "var(--bad)" },
          encoding: { y: quantity("largest") },
        },
      ],
    },
  );
}

function errorChart({ days, shifts }: Simulation): Promise<Html> {
  const values = days.flatMap(({ day, expectedError, trueError }) => [
    { day, error: expectedError, kind: "expected" },
    ...(trueError === null ? [] : [{ day, error: trueError, kind: "true" }]),
  ]);
  return figure(
    "Mean absolute error of each day, in multiples of that of the test rows",
    "The expected error of the day's predictions, and the actual error once labels arrive.",
    {
      height: 160,
      encoding: { x: dayAxis(days) },
      layer: [
        starts(shifts),
        {
          data: { values },
          mark: { type: "line", strokeWidth: 1.5 },
          encoding: {
            y: quantity("error", { title: null, scale: { zero: false } }),
            color: category("kind", { scale: { range: ["var(--series)", "var(--accent)"] } }),
          },
        },
      ],
    },
  );
}

const alarmColumns = ["Alarm on days", "Would retrain on day", "Found on the first day"];

const span = ({ from, to }: Alarm): string => (from === to ? `${from}` : `${from} to ${to}`);

/** Renders a replay as a self-contained page. */
export async function renderSimulation(simulation: Simulation): Promise<string> {
  const { alarms, days, model, population, rows, shifts } = simulation;
  const shiftRows = shifts.map(({ found, start, text: shift }) => [
    shift,
    start,
    found ?? "not found",
    found === undefined ? "" : found - start + 1,
  ]);
  const alarmRows = alarms.map((alarm) => [
    span(alarm),
    alarm.from,
    alarm.found.slice(0, 3).join("; "),
  ]);
  return page(
    `Drift of ${model}`,
    html`<header>
        <h1>Drift of ${model}</h1>
        <p>
          ${days.length} simulated days of ${rows.toLocaleString("en")} rows, drawn from
          ${population.toLocaleString("en")} validation and test rows. Days are counted from 0.
        </p>
      </header>
      <main>
        <section>
          <h2>Shifts</h2>
          ${table(["Shift", "Begins on day", "Found on day", "Days"].map(text), shiftRows)}
        </section>
        <section>
          <h2>Alarms</h2>
          ${await effectChart(simulation)} ${await errorChart(simulation)}
          ${table(alarmColumns.map(text), alarmRows)}
        </section>
      </main>`,
  );
}
