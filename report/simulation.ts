import type { Html } from "./html";
import { html } from "./html";
import { figure } from "./charts/draw";
import { page } from "./page";

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

const dayAxis = (days: readonly SimulatedDay[]): object => ({
  field: "day",
  type: "quantitative",
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
  return figure(
    "Largest difference of each day, in multiples of the least that counts; dots are alarms",
    `The alarm is on on ${days.filter(({ findings }) => findings.length > 0).length} of ${days.length} days.`,
    {
      height: 200,
      encoding: { x: dayAxis(days) },
      layer: [
        starts(shifts),
        {
          data: { values: [{ level: 1 }] },
          mark: { type: "rule", color: "var(--warn)" },
          encoding: { y: { field: "level", type: "quantitative" }, x: null },
        },
        {
          data: { values: days.map(({ day, largest }) => ({ day, largest })) },
          mark: { type: "line", color: "var(--series)", strokeWidth: 1.5 },
          encoding: {
            y: {
              field: "largest",
              type: "quantitative",
              title: null,
              scale: { type: "symlog", nice: true },
            },
          },
        },
        {
          data: {
            values: days
              .filter(({ findings }) => findings.length > 0)
              .map(({ day, largest }) => ({ day, largest })),
          },
          mark: { type: "point", filled: true, opacity: 1, size: 40, color: "var(--bad)" },
          encoding: { y: { field: "largest", type: "quantitative" } },
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
            y: { field: "error", type: "quantitative", title: null, scale: { zero: false } },
            color: {
              field: "kind",
              type: "nominal",
              scale: { range: ["var(--series)", "var(--accent)"] },
            },
          },
        },
      ],
    },
  );
}

const span = ({ from, to }: Alarm): string => (from === to ? `${from}` : `${from} to ${to}`);

/** Renders a replay as a self-contained page. */
export async function renderSimulation(simulation: Simulation): Promise<string> {
  const { alarms, days, model, population, rows, shifts } = simulation;
  const shiftRows = shifts.map(
    ({ found, start, text }) =>
      html`<tr>
        <td>${text}</td>
        <td>${start}</td>
        <td>${found ?? "not found"}</td>
        <td>${found === undefined ? "" : found - start + 1}</td>
      </tr>`,
  );
  const alarmRows = alarms.map(
    (alarm) =>
      html`<tr>
        <td>${span(alarm)}</td>
        <td>${alarm.from}</td>
        <td>${alarm.found.slice(0, 3).join("; ")}</td>
      </tr>`,
  );
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
          <table>
            <thead>
              <tr>
                <th>Shift</th>
                <th>Begins on day</th>
                <th>Found on day</th>
                <th>Days</th>
              </tr>
            </thead>
            <tbody>
              ${shiftRows}
            </tbody>
          </table>
        </section>
        <section>
          <h2>Alarms</h2>
          ${await effectChart(simulation)} ${await errorChart(simulation)}
          <table>
            <thead>
              <tr>
                <th>Alarm on days</th>
                <th>Would retrain on day</th>
                <th>Found on the first day</th>
              </tr>
            </thead>
            <tbody>
              ${alarmRows}
            </tbody>
          </table>
        </section>
      </main>`,
  );
}
