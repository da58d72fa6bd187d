import { html, type Html } from "./html";
import { percent } from "./numbers";
import type { ReportData } from "./reportData";
import { table } from "./table";

/** The section about the rows, with warnings about them. */
export function dataSection({ data }: ReportData): Html {
  if (data === undefined) {
    return html``;
  }
  const { findings, missing, parts, rows, sampledRows, summary, target } = data;
  const counts = Object.entries(parts).map(([name, count]) => [`${name} rows`, count]);
  const gaps = Object.entries(missing).map(([name, value]) => [
    name,
    `missing in ${percent(value)}`,
  ]);
  return html`<section>
    <h2>Data</h2>
    <p>Table <strong>${data.table}</strong>, target <strong>${target}</strong>: ${summary}.</p>
    ${
      findings.length === 0
        ? html``
        : html`<ul>
            ${findings.map(({ text }) => html`<li>${text}</li>`)}
          </ul>`
    }
    ${
      sampledRows === rows.used
        ? html``
        : html`<p>
            Duplicates and constants were found in all rows, everything else in ${sampledRows} rows.
          </p>`
    }
    <details>
      <summary>Rows and missing values</summary>
      ${table([], [...counts, ...gaps])}
    </details>
  </section>`;
}
