import type { FullExecution } from "../sageMaker/fullExecution";
import type { World } from "../sageMaker/world";
import { candidateSection } from "./candidateSection";
import { dataSection } from "./dataSection";
import { html } from "./html";
import { outcomeSection, problemSection } from "./outcomeSection";
import { page } from "./page";
import { readReportData, type ReportData } from "./reportData";
import { segmentSection } from "./segmentSection";
import { stepSection } from "./stepSection";
import { tuningSection } from "./tuningSection";
import { winnerSection } from "./winnerSection";

/** Renders the report of an execution as a self-contained page. */
export async function renderReport(data: ReportData): Promise<string> {
  return page(
    `Pipeline execution ${data.execution.id}`,
    html`${outcomeSection(data)}
      <main>
        ${problemSection(data)} ${dataSection(data)} ${stepSection(data)}
        ${await candidateSection(data)} ${await winnerSection(data)} ${segmentSection(data)}
        ${await tuningSection(data)}
      </main>`,
  );
}

/** The report of an execution, as a self-contained page. */
export async function executionReport(world: World, execution: FullExecution): Promise<string> {
  return renderReport(await readReportData(world, execution));
}
