import { duration } from "../terminal/duration";
import { html, type Html } from "./html";
import type { ReportData } from "./reportData";
import { stepGraph } from "./stepGraph";
import { stepGraphSvg } from "./stepGraphSvg";
import { stateMarks } from "./stepMarks";
import { numeric, table, text } from "./table";

/** The section about the steps: a graph, and a table with details. */
export function stepSection({ execution: { definition, steps } }: ReportData): Html {
  const graph = stepGraph(definition, steps);
  const results = new Map(steps.map((step) => [step.name, step]));
  const label = `Graph of ${graph.nodes.length} steps with their states, which the table below repeats.`;
  const rows = graph.nodes.map(({ name, seconds, state = "Not reached", type }) => {
    const { className, mark } = stateMarks[state];
    const { detail, failureReason } = results.get(name) ?? {};
    const [more = ""] = (failureReason ?? detail ?? "").split("\n");
    const time = seconds === undefined ? "–" : duration(seconds);
    return [
      name,
      type,
      { content: `${mark} ${state}`, className: `state ${className}` },
      time,
      more,
    ];
  });
  return html`<section>
    <h2>Steps</h2>
    <div class="scroll graph-frame" tabindex="0" role="region" aria-label="Step graph">
      ${stepGraphSvg(graph, label)}
    </div>
    <p class="note">
      An arrow points to a step that waits for another; arrows implied by others are omitted. Dashed
      arrows are the branches of conditions.
    </p>
    <details>
      <summary>Steps as a table</summary>
      ${table([text("Step"), text("Type"), text("State"), numeric("Time"), text("Outcome")], rows)}
    </details>
  </section>`;
}
