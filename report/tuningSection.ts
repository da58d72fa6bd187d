import { objectiveChart, parameterChart } from "./charts/tuning";
import { html, type Html } from "./html";
import { duration, hyperparameter, significant } from "./numbers";
import type { ReportCandidate, ReportData } from "./reportData";
import type { ReportedTrial } from "./reported";
import { bestTrials, type Tuning } from "./tuningData";

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

function outcomeText({ failureReason, reusedFrom }: ReportedTrial): string {
  const [reason = ""] = (failureReason ?? "").split("\n");
  return reason || (reusedFrom === undefined ? "" : `as in execution ${reusedFrom}`);
}

function trialRow(tuning: Tuning, trial: ReportedTrial): Html {
  const isBest = trial === tuning.best;
  return html`<tr class="${isBest ? "winner" : ""}">
    <th scope="row">${trial.number + 1}</th>
    <td>${isBest ? "★ best" : trial.status}</td>
    <td class="number">${significant(trial.objective, 6)}</td>
    <td class="number">${trial.seconds?.toFixed(1) ?? "–"}</td>
    ${tuning.parameters.map(
      ({ name }) => html`<td class="number">${hyperparameter(trial.hyperparameters[name])}</td>`,
    )}
    <td>${outcomeText(trial)}</td>
  </tr>`;
}

function trialTable(tuning: Tuning, most: number): Html {
  const listed = bestTrials(tuning, most);
  const all = tuning.trials.length;
  const title = listed.length < all ? `The best ${listed.length} of ${all} trials` : "All trials";
  return html`<details ${all <= maxOpenTrials ? "open" : ""}>
    <summary>${title}</summary>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Trial</th>
            <th scope="col">Status</th>
            <th scope="col" class="number">${tuning.objectiveMetric}</th>
            <th scope="col" class="number">Seconds</th>
            ${tuning.parameters.map(
              ({ name }) => html`<th scope="col" class="number">${name}</th>`,
            )}
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          ${listed.map((trial) => trialRow(tuning, trial))}
        </tbody>
      </table>
    </div>
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
function hyperparameterRow({ best, isWinner, name, seconds, tuning }: ReportCandidate): Html {
  const values = Object.entries(best?.hyperparameters ?? {}).map(
    ([key, value]) => html`<code>${key}</code> = ${hyperparameter(value)}<br />`,
  );
  const completed = tuning.trials.filter(({ status }) => status === "Completed").length;
  return html`<tr class="${isWinner ? "winner" : ""}">
    <th scope="row">${isWinner ? "★ " : ""}${name}</th>
    <td>${values}</td>
    <td class="number">${completed} of ${tuning.trials.length}</td>
    <td class="number">${duration(seconds)}</td>
  </tr>`;
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
  return html`<section>
    <h2>Tuning</h2>
    <h3>Best hyperparameters</h3>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Candidate</th>
            <th scope="col">Hyperparameters of its best trial</th>
            <th scope="col" class="number">Trials completed</th>
            <th scope="col" class="number">Tuning time</th>
          </tr>
        </thead>
        <tbody>
          ${candidates.map(hyperparameterRow)}
        </tbody>
      </table>
    </div>
    ${parts}
  </section>`;
}
