import type { Trial } from "../execution";
import { mostDrawnTrials, objectiveChart, parameterChart } from "./charts/tuning";
import { html, type Html } from "./html";
import { hyperparameter, significant } from "./numbers";
import type { ReportCandidate, ReportData } from "./reportData";
import { bestTrials, type Tuning } from "./tuningData";

/** Trials in a table at the most; of more, the best. */
const mostListedTrials = 500;

/** Trials up to which their table is open. */
const mostOpenTrials = 30;

function outcomeText({ failureReason, reusedFrom }: Trial): string {
  const [reason = ""] = (failureReason ?? "").split("\n");
  return reason || (reusedFrom === undefined ? "" : `as in execution ${reusedFrom}`);
}

function trialRow(tuning: Tuning, trial: Trial): Html {
  const isBest = trial === tuning.best;
  return html`<tr class="${isBest ? "winner" : ""}">
    <th scope="row">${trial.number + 1}</th>
    <td>${isBest ? "★ best" : trial.status}</td>
    <td class="number">${significant(trial.objective, 6)}</td>
    <td class="number">${trial.seconds.toFixed(1)}</td>
    ${tuning.parameters.map(
      ({ name }) => html`<td class="number">${hyperparameter(trial.hyperparameters[name])}</td>`,
    )}
    <td>${outcomeText(trial)}</td>
  </tr>`;
}

function trialTable(tuning: Tuning): Html {
  const listed = bestTrials(tuning, mostListedTrials);
  const all = tuning.trials.length;
  const title = listed.length < all ? `The best ${listed.length} of ${all} trials` : "All trials";
  return html`<details ${all <= mostOpenTrials ? "open" : ""}>
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

async function candidateTuning({ name, tuning }: ReportCandidate): Promise<Html> {
  const { trials } = tuning;
  if (trials.length === 0) {
    return html`<h3>${name}</h3>
      <p>No trial has ended.</p>`;
  }
  const without = trials.filter(({ objective }) => objective === undefined).length;
  const charts: Html[] = [];
  for (const parameter of tuning.parameters) {
    if (trials.length > without) {
      charts.push(await parameterChart(tuning, parameter));
    }
  }
  const notes = [
    ...(without === 0 ? [] : [`${without} trials have no objective; they stand at the foot.`]),
    ...(trials.length > mostDrawnTrials
      ? [`Of ${trials.length} trials, ${mostDrawnTrials} evenly chosen ones are drawn.`]
      : []),
  ];
  return html`<h3>${name}</h3>
    <div class="charts">${trials.length > without ? await objectiveChart(tuning) : html``}</div>
    ${charts.length === 0 ? html`` : html`<h4>${tuning.objectiveMetric} against each hyperparameter</h4>`}
    <div class="charts">${charts}</div>
    ${notes.map((note) => html`<p class="note">${note}</p>`)} ${trialTable(tuning)}`;
}

/** The trials of each tuning. */
export async function tuningSection({ candidates }: ReportData): Promise<Html> {
  if (candidates.length === 0) {
    return html``;
  }
  const parts: Html[] = [];
  for (const candidate of candidates) {
    parts.push(await candidateTuning(candidate));
  }
  return html`<section>
    <h2>Tuning</h2>
    ${parts}
  </section>`;
}
