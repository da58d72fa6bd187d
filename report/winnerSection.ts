import {
  contributionChart,
  histogramChart,
  importanceChart,
  mapChart,
  predictedChart,
  residualChart,
} from "./charts/predictions";
import type { PredictionInterval } from "../sageMaker/metrics";
import type { Contributions } from "./diagnosis";
import { html, type Html } from "./html";
import { decimal, percent, significant } from "./numbers";
import { byCount, byMean } from "./predictionData";
import type { ReportData } from "./reportData";
import { table, text } from "./table";

/** Max features in the chart of importance. */
const maxFeatures = 20;

/** A note on the width of the prediction interval. */
function intervalNote({ confidence, covered, halfWidth, rows }: PredictionInterval): Html {
  return html`<p class="note">
    A prediction ± ${significant(halfWidth)} contains the actual value with ${percent(confidence)}
    confidence, according to the residuals of ${decimal(rows, 0)} validation rows. It contains
    ${percent(covered)} of the test rows.
  </p>`;
}

/** The mean absolute SHAP values, largest first. */
function contributionTable({ base, features, isLog, rows }: Contributions): Html {
  const shown = features.slice(0, maxFeatures);
  const columns = ["Feature", "Mean |SHAP|"].map(text);
  return html`<p class="note">
      SHAP values of ${decimal(rows, 0)} test rows: ${significant(base)} and the values of a row's
      features add up to
      ${isLog ? "the logarithm of its prediction" : "its prediction"}.${
        features.length > shown.length
          ? ` Of ${features.length} features, the ${maxFeatures} with the largest values are listed.`
          : ""
      }
    </p>
    ${table(
      columns,
      shown.map(({ mean, name }) => [name, significant(mean)]),
    )}`;
}

/** The section about the predictions of the winner, or else of the best candidate, on the test rows. */
export async function winnerSection({ candidates }: ReportData): Promise<Html> {
  const found = candidates.find(({ diagnosis }) => diagnosis?.details !== undefined);
  const details = found?.diagnosis?.details;
  if (found === undefined || details === undefined || details.rows === 0) {
    return html``;
  }
  const { errorMap = [], importance, shap, shapProblem } = details;
  // As the model answers it, if it does; else what this machine computes.
  const interval = found.metrics.test?.predictionInterval ?? details.interval;
  const charts = [
    await predictedChart(byCount(details.predictedAgainstActual)),
    await residualChart(byCount(details.residualAgainstPredicted)),
    await histogramChart(details.residuals),
    ...(importance === undefined
      ? []
      : [await importanceChart(importance.features.slice(0, maxFeatures))]),
    ...(shap === undefined ? [] : [await contributionChart(shap)]),
    ...(errorMap.length === 0 ? [] : [await mapChart(byMean(errorMap))]),
  ];
  const measured =
    importance === undefined
      ? ""
      : `Importance is measured on ${decimal(importance.rows, 0)} of them${
          importance.features.length > maxFeatures
            ? `; the chart shows the ${maxFeatures} most important of ${importance.features.length} features`
            : ""
        }.`;
  return html`<section>
    <h2>${found.isWinner ? "The winner" : "The best candidate"}: ${found.name}</h2>
    <p class="note">
      Predictions of ${decimal(details.rows, 0)}
      ${details.isPart ? "evenly spaced test rows, not all" : "test rows"}. ${measured}
    </p>
    ${interval === undefined ? html`` : intervalNote(interval)}
    <div class="charts">${charts}</div>
    ${shap === undefined ? html`` : contributionTable(shap)}
    ${
      shapProblem === undefined
        ? html``
        : html`<p class="note">There are no SHAP values: ${shapProblem}.</p>`
    }
  </section>`;
}
