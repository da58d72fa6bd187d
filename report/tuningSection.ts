import { duration } from "../terminal/duration";
import { objectiveChart, parameterChart } from "./charts/tuning";
import { html, type Html } from "./html";
import { hyperparameter, significant } from "./numbers";
import type { ReportCandidate, ReportData } from "./reportData";
import type { ExecutionTrial } from "../sageMaker/trials";
import { bestTrials, type Tuning } from "./tuningData";
import { numeric, table, text } from "./table";

/** Max trials of a tuning to show, so that the page stays small. */
interface Limits {
  /** In a chart; of more, an evenly spaced selection. */
  readonly drawn: number;
  /** In the table; of more, the best. */
  readonly listed: number;
}

/** Max points of all charts on a page, and max cells of all tables. */
const budget = { points: 6000, cells: 8000 };

function limitsOf(candidates: readonly ReportCandidate[]): Limits {
  const parameters = candidates.reduce((sum, { tuning }) => sum + tuning.parameters.length, 0);
  const [charts, columns] = [parameters + candidates.length, parameters + 5 * candidates.length];
  const between = (least: number, value: number, most: number): number =>
    Math.max(least, Math.min(most, Math.floor(value)));
  return {
    drawn: between(30, budget.points / charts, 400),
    listed: between(20, budget.cells / columns, 500),
  };
}

/** Max trials for which the table is initially open. */
const maxOpenTrials = 30;

function outcomeText({ failureReason, reusedFrom }: ExecutionTrial): string {
  const [reason = ""] = (failureReason ?? "").split("\n");
  return reason || (reusedFrom === undefined ? "" : `as in execution ${reusedFrom}`);
}

function trialTable(tuning: Tuning, most: number): Html {
  const listed = bestTrials(tuning, most);
  const all = tuning.trials.length;
  const title = listed.length < all ? `The best ${listed.length} of ${all} trials` : "All trials";
  const names = tuning.parameters.map(({ name }) => name);
  const columns = [
    ...["Trial", "Status"].map(text),
    ...[tuning.objectiveMetric, "Seconds", ...names].map(numeric),
    text("Outcome"),
  ];
  const rows = listed.map((trial) => ({
    className: trial === tuning.best ? "winner" : "",
    cells: [
      trial.number + 1,
      trial === tuning.best ? "★ best" : trial.status,
      significant(trial.objective, 6),
      trial.seconds?.toFixed(1) ?? "–",
      ...names.map((name) => hyperparameter(trial.hyperparameters[name])),
      outcomeText(trial),
    ],
  }));
  return html`<details ${all <= maxOpenTrials ? "open" : ""}>
    <summary>${title}</summary>
    ${table(columns, rows)}
  </details>`;
}

async function candidateTuning({ name, tuning }: ReportCandidate, limits: Limits): Promise<Html> {
  const { trials } = tuning;
  if (trials.length === 0) {
    return html`<h3>${name}</h3>
      <p>No trial has ended.</p>`;
  }
  const without = trials.filter(({ objective }) => objective === undefined).length;
  const charts: Html[] = [];
  for (const parameter of tuning.parameters) {
    if (trials.length > without) {
      charts.push(await parameterChart(tuning, parameter, limits.drawn));
    }
  }
  const notes = [
    ...(without === 0
      ? []
      : [`${without} trials have no objective; they are shown at the bottom.`]),
    ...(trials.length > limits.drawn
      ? [`The charts show ${limits.drawn} evenly spaced ones of ${trials.length} trials.`]
      : []),
  ];
  return html`<h3>${name}</h3>
    <div class="charts">
      ${trials.length > without ? await objectiveChart(tuning, limits.drawn) : html``}
    </div>
    ${charts.length === 0 ? html`` : html`<h4>${tuning.objectiveMetric} against each hyperparameter</h4>`}
    <div class="charts">${charts}</div>
    ${notes.map((note) => html`<p class="note">${note}</p>`)} ${trialTable(tuning, limits.listed)}`;
}

/** A candidate's best trial, and the duration of its tuning. */
function hyperparameterRow({ best, isWinner, name, seconds, tuning }: ReportCandidate) {
  const values = Object.entries(best?.hyperparameters ?? {}).map(
    ([key, value]) => html`<code>${key}</code> = ${hyperparameter(value)}<br />`,
  );
  const completed = tuning.trials.filter(({ status }) => status === "Completed").length;
  const trials = `${completed} of ${tuning.trials.length}`;
  return {
    className: isWinner ? "winner" : "",
    cells: [`${isWinner ? "★ " : ""}${name}`, html`${values}`, trials, duration(seconds)],
  };
}

/** The section about the trials of each tuning. */
export async function tuningSection({ candidates }: ReportData): Promise<Html> {
  if (candidates.length === 0) {
    return html``;
  }
  const limits = limitsOf(candidates);
  const parts: Html[] = [];
  for (const candidate of candidates) {
    parts.push(await candidateTuning(candidate, limits));
  }
  const columns = [
    ...["Candidate", "Hyperparameters of its best trial"].map(text),
    ...["Trials completed", "Tuning time"].map(numeric),
  ];
  return html`<section>
    <h2>Tuning</h2>
    <h3>Best hyperparameters</h3>
    ${table(columns, candidates.map(hyperparameterRow))} ${parts}
  </section>`;
}
