import { html, type Html } from "./html";
import { decimal, significant } from "./numbers";
import type { ReportCandidate, ReportData } from "./reportData";
import { numeric, tableHead, text } from "./table";

/** Rows below which a segment is marked, as in a model card (pipeline/scripts/segments.py). */
const fewRows = 30;

/** The candidate whose errors are shown: the winner, or else the one with the best R². */
function shownCandidate(candidates: readonly ReportCandidate[]): ReportCandidate | undefined {
  const r2 = ({ metrics }: ReportCandidate): number => metrics.test?.r2 ?? -Infinity;
  return (
    candidates.find(({ isWinner }) => isWinner) ??
    [...candidates].sort((left, right) => r2(right) - r2(left))[0]
  );
}

/** The errors of the winner, or else of the best candidate, by the values of columns. */
export function segmentSection({ candidates }: ReportData): Html {
  const candidate = shownCandidate(candidates);
  const columns = candidate?.metrics.test?.segments ?? [];
  if (candidate === undefined || columns.length === 0) {
    return html``;
  }
  const bodies = columns.map(({ column, segments }) => {
    const rows = segments.map(
      ({ bias, mae, name, rmse, rows: count }, index) =>
        html`<tr>
          ${
            index === 0
              ? html`<th scope="rowgroup" rowspan="${segments.length}">${column}</th>`
              : html``
          }
          <td>${name}</td>
          <td class="number">${significant(rmse)}</td>
          <td class="number">${significant(mae)}</td>
          <td class="number">${bias > 0 ? "+" : ""}${significant(bias)}</td>
          <td class="number">${decimal(count, 0)}${count < fewRows ? " (few)" : ""}</td>
        </tr>`,
    );
    return html`<tbody>
      ${rows}
    </tbody>`;
  });
  return html`<section>
    <h2>Errors by segment: ${candidate.name}</h2>
    <p class="note">
      On the test rows, in the target’s unit. Bias is the mean of predicted minus actual values:
      above 0, predictions are too high. Quarters have about equally many rows. Few: fewer than
      ${fewRows} rows, so the errors vary a lot by chance.
    </p>
    <div class="scroll">
      <table>
        ${tableHead([...["Column", "Values"].map(text), ...["RMSE", "MAE", "Bias", "Rows"].map(numeric)])}
        ${bodies}
      </table>
    </div>
  </section>`;
}
