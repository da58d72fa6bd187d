import {
  histogramChart,
  importanceChart,
  mapChart,
  predictedChart,
  residualChart,
} from "./charts/predictions";
import { html, type Html } from "./html";
import { decimal } from "./numbers";
import {
  errorMap,
  predictedAgainstActual,
  predictionsOf,
  residualAgainstPredicted,
  residualHistogram,
} from "./predictionData";
import type { ReportData } from "./reportData";

/** Features whose importance is drawn. */
const mostFeatures = 20;

/** The predictions of the winner, or else of the best candidate, on the test rows. */
export async function winnerSection({ candidates }: ReportData): Promise<Html> {
  const found = candidates.find(({ diagnosis }) => diagnosis?.details !== undefined);
  const details = found?.diagnosis?.details;
  if (found === undefined || details === undefined) {
    return html``;
  }
  const predictions = predictionsOf(details);
  if (predictions.length === 0) {
    return html``;
  }
  const { importance } = details;
  const map = errorMap(predictions);
  const charts = [
    await predictedChart(predictedAgainstActual(predictions)),
    await residualChart(residualAgainstPredicted(predictions)),
    await histogramChart(residualHistogram(predictions)),
    ...(importance === undefined
      ? []
      : [await importanceChart(importance.features.slice(0, mostFeatures))]),
    ...(map === undefined ? [] : [await mapChart(map)]),
  ];
  const measured =
    importance === undefined
      ? ""
      : `Importance is measured on ${decimal(importance.rows, 0)} of them${
          importance.features.length > mostFeatures
            ? `; of ${importance.features.length} features the ${mostFeatures} most important are drawn`
            : ""
        }.`;
  return html`<section>
    <h2>${found.isWinner ? "The winner" : "The best candidate"}: ${found.name}</h2>
    <p class="note">
      Predictions of ${decimal(predictions.length, 0)}
      ${details.isPart ? "evenly spaced test rows, not of all" : "test rows"}. ${measured}
    </p>
    <div class="charts">${charts}</div>
  </section>`;
}
