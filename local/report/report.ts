import { readFileSync } from "node:fs";
import { join } from "node:path";

import { isObject, objects, text } from "../../pipeline/walk";
import { writeFileAtomically } from "../files";
import type { Session } from "../session";
import type { CandidateSummary } from "../summary";
import {
  candidateChart,
  hyperparameterChart,
  type Prediction,
  predictionChart,
  residualChart,
  trialChart,
} from "./charts";
import { Html, html } from "./html";

/** Predictions that are drawn at the most; of more, every n-th is taken. */
const mostPredictions = 20_000;

const svg = async (chart: Promise<string>): Promise<Html> => new Html(await chart);

function number(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value)
    ? "-"
    : value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** A hyperparameter to read: numbers with four significant digits. */
function shortNumber(value: string): string {
  const parsed = Number(value);
  return Number.isFinite(parsed) && value.length > 8
    ? String(Number(parsed.toPrecision(4)))
    : value;
}

function verdict({ result, winner }: Session): Html {
  if (winner?.model !== undefined) {
    const { group, version, approvalStatus } = winner.model;
    return html`<p class="verdict">
      <strong>${winner.name}</strong> wins with R² ${number(winner.metrics?.r2, 4)} on the test
      data, and is registered as version ${version} of ${group} (${approvalStatus}).
    </p>`;
  }
  return html`<p class="verdict">
    ${result.status}. ${result.failureReason ?? "No model was registered."}
  </p>`;
}

async function candidateSection({ candidates, winner }: Session): Promise<Html> {
  const evaluated = candidates.flatMap(({ metrics, name }) =>
    metrics === undefined ? [] : [{ name, r2: metrics.r2, winner: name === winner?.name }],
  );
  const rows = candidates.map(
    ({ best, metrics, name, seconds, trials }) =>
      html`<tr class="${name === winner?.name ? "winner" : ""}">
        <td>${name}</td>
        <td class="number">${number(metrics?.r2, 4)}</td>
        <td class="number">${number(metrics?.rmse, 2)}</td>
        <td class="number">${number(metrics?.mae, 2)}</td>
        <td class="number">${number(metrics?.mse, 0)}</td>
        <td>
          ${Object.entries(best?.hyperparameters ?? {}).map(([key, value]) => html`${key} = ${shortNumber(value)}<br />`)}
        </td>
        <td class="number">${trials.length}</td>
        <td class="number">${number(seconds, 1)}</td>
      </tr>`,
  );
  return html`<h2>Candidates</h2>
    ${evaluated.length === 0 ? "" : await svg(candidateChart(evaluated))}
    <div class="scroll">
      <table>
        <tr>
          <th>Candidate</th>
          <th class="number">R²</th>
          <th class="number">RMSE</th>
          <th class="number">MAE</th>
          <th class="number">MSE</th>
          <th>Best hyperparameters</th>
          <th class="number">Trials</th>
          <th class="number">Seconds</th>
        </tr>
        ${rows}
      </table>
    </div>`;
}

async function tuningSection(candidate: CandidateSummary): Promise<Html> {
  const completed = candidate.trials.filter(({ objective }) => objective !== undefined);
  if (completed.length === 0) {
    return html`<h3>${candidate.name}</h3>
      <p>No trial completed.</p>`;
  }
  return html`<h3>${candidate.name}</h3>
    <div class="charts">
      ${await svg(trialChart(completed))}${await svg(hyperparameterChart(completed))}
    </div>`;
}

/** The predictions that the winner's evaluation left beside its report. */
function readPredictions(session: Session, candidate: CandidateSummary): readonly Prediction[] {
  const described = session.execution.described.get(candidate.evaluationStep ?? "");
  const config = described?.["ProcessingOutputConfig"];
  const outputs = objects(isObject(config) ? config["Outputs"] : undefined);
  for (const { S3Output: output } of outputs) {
    const uri = `${text(isObject(output) ? output["S3Uri"] : "")}/predictions.csv`;
    if (session.execution.store.exists(uri)) {
      const lines = session.execution.store.read(uri).trimEnd().split("\n").slice(1);
      const step = Math.ceil(lines.length / mostPredictions);
      return lines
        .filter((_, index) => index % step === 0)
        .map((line) => line.split(",").map(Number))
        .map(([actual = Number.NaN, predicted = Number.NaN]) => ({ actual, predicted }));
    }
  }
  return [];
}

async function predictionSection(session: Session): Promise<Html> {
  const predictions = session.winner === undefined ? [] : readPredictions(session, session.winner);
  if (session.winner === undefined || predictions.length === 0) {
    return html``;
  }
  return html`<h2>Predictions of ${session.winner.name} on the test data</h2>
    <div class="charts">
      ${await svg(predictionChart(predictions))}${await svg(residualChart(predictions))}
    </div>`;
}

function stepSection({ result }: Session): Html {
  const rows = result.steps.map(
    ({ failureReason, name, seconds, status, type }) =>
      html`<tr>
        <td>${name}</td>
        <td>${type}</td>
        <td>${status}</td>
        <td class="number">${number(seconds, 1)}</td>
        <td>${failureReason ?? ""}</td>
      </tr>`,
  );
  return html`<h2>Steps</h2>
    <div class="scroll">
      <table>
        <tr>
          <th>Step</th>
          <th>Type</th>
          <th>Status</th>
          <th class="number">Seconds</th>
          <th></th>
        </tr>
        ${rows}
      </table>
    </div>`;
}

/** Writes the report of a run: one page that needs nothing else. */
export async function writeReport(session: Session, path: string): Promise<void> {
  const style = new Html(readFileSync(join(__dirname, "style.css"), "utf8"));
  const tunings: Html[] = [];
  for (const candidate of session.candidates) {
    tunings.push(await tuningSection(candidate));
  }
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>restate: execution ${session.executionId}</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <h1>Pipeline execution ${session.executionId}</h1>
        <p>
          ${session.startTime.toISOString().slice(0, 16).replace("T", " ")} UTC,
          ${number(session.seconds, 1)} s
        </p>
        ${verdict(session)} ${await candidateSection(session)}
        <h2>Tuning</h2>
        ${tunings} ${await predictionSection(session)} ${stepSection(session)}
      </body>
    </html> `;
  writeFileAtomically(path, page.text);
}
