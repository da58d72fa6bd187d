import { html, type Html } from "./html";
import { percent } from "./numbers";
import type { ReportData } from "./reportData";

/** The section about the rows, with warnings about them. */
export function dataSection({ data }: ReportData): Html {
  if (data === undefined) {
    return html``;
  }
  const { findings, missing, parts, rows, sampledRows, summary, table, target } = data;
  const gaps = Object.entries(missing);
  return html`<section>
    <h2>Data</h2>
    <p>Table <strong>${table}</strong>, target <strong>${target}</strong>: ${summary}.</p>
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
      <div class="scroll">
        <table>
          <tbody>
            ${Object.entries(parts).map(
              ([name, count]) =>
                html`<tr>
                  <th scope="row">${name} rows</th>
                  <td>${count}</td>
                </tr>`,
            )}
            ${gaps.map(
              ([name, value]) =>
                html`<tr>
                  <th scope="row">${name}</th>
                  <td>missing in ${percent(value)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>
  </section>`;
}
