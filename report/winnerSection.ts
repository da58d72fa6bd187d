import {
  histogramChart,
  importanceChart,
  mapChart,
  predictedChart,
  residualChart,
} from "./charts/predictions";
import { html, type Html } from "./html";
import { decimal } from "./numbers";
import { byCount, byMean } from "./predictionData";
import type { ReportData } from "./reportData";

/** Features whose importance is drawn. */
const maxFeatures = 20;

/** The predictions of the winner, or else of the best candidate, on the test rows. */
export async function winnerSection({ candidates }: ReportData): Promise<Html> {
  const found = candidates.find(({ diagnosis }) => diagnosis?.details !== undefined);
  const details = found?.diagnosis?.details;
  if (found === undefined || details === undefined || details.rows === 0) {
    return html``;
  }
  const { errorMap = [], importance } = details;
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
            ? `; of ${importance.features.length} features the ${maxFeatures} most important are drawn`
            : ""
        }.`;
  return html`<section>
    <h2>${found.isWinner ? "The winner" : "The best candidate"}: ${found.name}</h2>
    <p class="note">
      Predictions of ${decimal(details.rows, 0)}
      ${details.isPart ? "evenly spaced test rows, not of all" : "test rows"}. ${measured}
    </p>
    <div class="charts">${charts}</div>
  </section>`;
}
