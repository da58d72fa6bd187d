import { duration } from "../terminal/duration";
import { challengeText } from "./challengeText";
import { html, type Html } from "./html";
import { score } from "./numbers";
import { remarks } from "./remarks";
import type { ReportData } from "./reportData";
import type { ExecutionStep } from "../sageMaker/steps";
import { table, text } from "./table";

function verdict({ execution }: ReportData): Html {
  const { challenge, failureReason, status, steps, winner } = execution;
  const failed = steps.find((step) => step.status === "Failed");
  switch (status) {
    case "Succeeded":
      return winner === undefined
        ? html`<p class="verdict">
            The pipeline succeeded, but registered no
            model${challenge?.champion === undefined ? "" : ": the champion stays"}.
          </p>`
        : html`<p class="verdict">
            <strong>${winner.name}</strong> wins with R² ${score(winner.r2)} on the test rows. It
            was registered as version ${winner.version} of ${winner.group}
            (${winner.approvalStatus}).
          </p>`;
    case "Failed":
      return html`<p class="verdict bad">
        <strong>The pipeline failed</strong>${failed === undefined ? "" : ` at ${failed.name}`}:
        <span class="reason">${failureReason ?? "the reason is unknown"}</span>
      </p>`;
    case "Stopped":
      return html`<p class="verdict warn">
        <strong>The run was stopped</strong> before it ended. A new run reuses its finished steps.
      </p>`;
    default:
      return html`<p class="verdict warn"><strong>The run is still in progress.</strong></p>`;
  }
}

/** Remarks that qualify the outcome. */
function remarkList({ candidates, diagnoses, execution: { challenge, winner } }: ReportData): Html {
  const scored = candidates.map(({ metrics, name }) => ({ name, metrics: metrics.test }));
  const lines = [
    ...(challenge === undefined ? [] : [challengeText(challenge)]),
    ...remarks(scored, winner?.name, diagnoses),
  ];
  return lines.length === 0
    ? html``
    : html`<ul class="remarks">
        ${lines.map((line) => html`<li>${line}</li>`)}
      </ul>`;
}

/** The end of the log of a step that did not succeed. */
function logText(data: ReportData, step: ExecutionStep): Html {
  const log = data.logs.get(step.name);
  const reason =
    step.failureReason === undefined ? html`` : html`<p class="reason">${step.failureReason}</p>`;
  return html`<h3>${step.name} (${step.status})</h3>
    ${reason}${
      log === undefined
        ? html`<p>It has no log.</p>`
        : html`<p>The end of its log; <code>${log.command}</code> prints all of it:</p>
            <pre tabindex="0" aria-label="End of the log of ${step.name}">${log.end}</pre>`
    }`;
}

/** The section about problems: each step that failed or was stopped, with its reason and the end of its log. */
export function problemSection(data: ReportData): Html {
  const steps = data.execution.steps.filter(({ status }) => ["Failed", "Stopped"].includes(status));
  return steps.length === 0
    ? html``
    : html`<section>
        <h2>${data.execution.status === "Stopped" ? "Stopped steps" : "Failed steps"}</h2>
        ${steps.map((step) => logText(data, step))}
      </section>`;
}

/** The section about the execution and its outcome. */
export function outcomeSection(data: ReportData): Html {
  const { id, parameters, seconds, startTime, status } = data.execution;
  const rows = Object.entries(parameters);
  const parameterTable =
    rows.length === 0
      ? html``
      : html`<details>
          <summary>Parameters</summary>
          ${table([text("Parameter"), text("Value")], rows)}
        </details>`;
  return html`<header>
    <h1>Pipeline execution ${id}</h1>
    <p>${status} · ${startTime.slice(0, 16).replace("T", " ")} UTC · ${duration(seconds)}</p>
    ${verdict(data)}${remarkList(data)}${parameterTable}
  </header>`;
}
