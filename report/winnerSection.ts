import {
  histogramChart,
  importanceChart,
  mapChart,
  predictedChart,
  residualChart,
} from "./charts/predictions";
import type { PredictionInterval } from "./diagnosis";
import { html, type Html } from "./html";
import { decimal, percent, significant } from "./numbers";
import { byCount, byMean } from "./predictionData";
import type { ReportData } from "./reportData";

/** Features whose importance is drawn. */
const maxFeatures = 20;

/** How far a prediction may be off. */
function intervalNote({ confidence, covered, halfWidth, rows }: PredictionInterval): Html {
  return html`<p class="note">
    A prediction ± ${significant(halfWidth)} contains the actual value with ${percent(confidence)}
    confidence, according to the residuals of ${decimal(rows, 0)} validation rows. It contains
    ${percent(covered)} of the test rows.
  </p>`;
}

/** The predictions of the winner, or else of the best candidate, on the test rows. */
export async function winnerSection({ candidates }: ReportData): Promise<Html> {
  const found = candidates.find(({ diagnosis }) => diagnosis?.details !== undefined);
  const details = found?.diagnosis?.details;
  if (found === undefined || details === undefined || details.rows === 0) {
    return html``;
  }
  const { errorMap = [], importance, interval } = details;
  const charts = [
    await predictedChart(byCount(details.predictedAgainstActual)),
    await residualChart(byCount(details.residualAgainstPredicted)),
    await histogramChart(details.residuals),
    ...(importance === undefined
      ? []
      : [await importanceChart(importance.features.slice(0, maxFeatures))]),
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
  </section>`;
}
