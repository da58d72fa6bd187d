import { html, type Html } from "./html";
import { duration } from "./numbers";
import type { ReportData } from "./reportData";
import { stepGraph } from "./stepGraph";
import { stepGraphSvg } from "./stepGraphSvg";
import { stateMarks } from "./stepMarks";

/** The section about the steps: a graph, and a table with details. */
export function stepSection({ definition, record }: ReportData): Html {
  const graph = stepGraph(definition, record.steps);
  const results = new Map(record.steps.map((step) => [step.name, step]));
  const label = `Graph of ${graph.nodes.length} steps with their states, which the table below repeats.`;
  const rows = graph.nodes.map(({ name, seconds, state = "Not reached", type }) => {
    const { className, mark } = stateMarks[state];
    const { detail, failureReason } = results.get(name) ?? {};
    const [more = ""] = (failureReason ?? detail ?? "").split("\n");
    return html`<tr>
      <th scope="row">${name}</th>
      <td>${type}</td>
      <td class="state ${className}">${mark} ${state}</td>
      <td class="number">${seconds === undefined ? "–" : duration(seconds)}</td>
      <td>${more}</td>
    </tr>`;
  });
  return html`<section>
    <h2>Steps</h2>
    <div class="scroll graph-frame" tabindex="0" role="region" aria-label="Step graph">
      ${stepGraphSvg(graph, label)}
    </div>
    <p class="note">
      An arrow leads to a step that waits; one that follows from others is left out. Dashed arrows
      are the branches of conditions.
    </p>
    <details>
      <summary>Steps as a table</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">Type</th>
              <th scope="col">State</th>
              <th scope="col" class="number">Time</th>
              <th scope="col">Outcome</th>
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>
      </div>
    </details>
  </section>`;
}
