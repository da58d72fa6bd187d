import { candidateChart, type CandidatePoint } from "./charts/candidates";
import { splits } from "./diagnosis";
import { html, type Html } from "./html";
import { decimal, score, significant } from "./numbers";
import {
  gapOf,
  maxGap,
  type ReportCandidate,
  type ReportData,
  type ReportMetrics,
} from "./reportData";
import { numeric, tableHead, text } from "./table";

/** The metrics in the comparison of candidates. */
const metrics = [
  { key: "r2", title: "R²" },
  { key: "rmse", title: "RMSE" },
  { key: "mae", title: "MAE" },
] as const;

function points(
  candidates: readonly ReportCandidate[],
  key: (typeof metrics)[number]["key"],
): readonly CandidatePoint[] {
  return candidates.flatMap(({ metrics: own, name }) =>
    splits.flatMap((split) => {
      const value = own[split]?.[key];
      return value === undefined ? [] : [{ candidate: name, split, value }];
    }),
  );
}

/** A row with the drop of R² from train to test rows, marked if the model over-fits. */
function gapRow(candidate: ReportCandidate): readonly Html[] {
  const gap = gapOf(candidate);
  if (gap === undefined) {
    return [];
  }
  const fall =
    gap > 0
      ? `R² falls by ${gap < 0.005 ? "less than 0.01" : decimal(gap, 2)} from train to test rows`
      : "R² is no lower on test rows than on train rows";
  return [
    gap > maxGap
      ? html`<tr>
          <td colspan="5" class="overfit">▲ overfits: ${fall}</td>
        </tr>`
      : html`<tr>
          <td colspan="5" class="note">${fall}</td>
        </tr>`,
  ];
}

/** A candidate's metrics, one row for each split. */
function metricRows(candidate: ReportCandidate): readonly Html[] {
  const { isWinner, metrics: own, name } = candidate;
  const known = splits.filter((split) => own[split] !== undefined);
  const title = html`${isWinner ? "★ " : ""}${name}`;
  if (known.length === 0) {
    return [
      html`<tr>
        <th scope="row">${title}</th>
        <td colspan="5">not evaluated</td>
      </tr>`,
    ];
  }
  const gap = gapRow(candidate);
  const rows = known.map((split, index) => {
    const metric: ReportMetrics = own[split] ?? { mae: 0, r2: 0, rmse: 0 };
    const { isPart = false, mae, r2, r2Interval, rmse, rows: count } = metric;
    const first =
      index === 0
        ? html`<th scope="rowgroup" rowspan="${known.length + gap.length}">${title}</th>`
        : html``;
    return html`<tr class="${isWinner ? "winner" : ""}">
      ${first}
      <td>${split}</td>
      <td class="number">
        ${score(r2)}${r2Interval === undefined ? "" : ` (${score(r2Interval.low)} to ${score(r2Interval.high)})`}
      </td>
      <td class="number">${significant(rmse)}</td>
      <td class="number">${significant(mae)}</td>
      <td class="number">
        ${count === undefined ? "all" : decimal(count, 0)}${isPart ? " of more" : ""}
      </td>
    </tr>`;
  });
  return [...rows, ...gap];
}

/** Notes on what could not be analysed, and on splits of which not all rows were. */
function notes(candidates: readonly ReportCandidate[]): readonly Html[] {
  const problems = candidates.flatMap(({ diagnosis, name }) =>
    diagnosis?.problem === undefined
      ? []
      : [html`<p class="note">${name}: ${diagnosis.problem}.</p>`],
  );
  const isPart = candidates.some(({ metrics: own }) => splits.some((split) => own[split]?.isPart));
  return [
    html`<p class="note">
      RMSE and MAE are in the target’s unit. In brackets: the 90 % confidence interval of R², from a
      bootstrap of the test rows, which assumes independent rows. A model is marked as overfitting
      if R² falls by more than ${maxGap} from train to test
      rows.${isPart ? " “Of more”: measured on evenly spaced rows, not on all." : ""}
    </p>`,
    ...problems,
  ];
}

/** The section that compares the candidates. */
export async function candidateSection({ candidates }: ReportData): Promise<Html> {
  if (candidates.length === 0) {
    return html``;
  }
  const charts: Html[] = [];
  for (const { key, title } of metrics) {
    const values = points(candidates, key);
    if (values.length > 0) {
      charts.push(await candidateChart(title, values));
    }
  }
  return html`<section>
    <h2>Candidates</h2>
    <div class="charts">${charts}</div>
    <div class="scroll">
      <table>
        ${tableHead([...["Candidate", "Rows"].map(text), ...["R²", "RMSE", "MAE", "Count"].map(numeric)])}
        ${candidates.map(
          (candidate) =>
            html`<tbody>
              ${metricRows(candidate)}
            </tbody>`,
        )}
      </table>
    </div>
    ${notes(candidates)}
  </section>`;
}
