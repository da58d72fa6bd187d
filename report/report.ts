import { writeFileAtomically } from "../local/storage/files";
import { candidateSection } from "./candidateSection";
import { dataSection } from "./dataSection";
import { html } from "./html";
import { outcomeSection, problemSection } from "./outcomeSection";
import { page } from "./page";
import { type ReportData, readReportData } from "./reportData";
import { segmentSection } from "./segmentSection";
import { stepSection } from "./stepSection";
import { tuningSection } from "./tuningSection";
import { winnerSection } from "./winnerSection";

/** Renders the report of an execution as a self-contained page. */
export async function renderReport(data: ReportData): Promise<string> {
  return page(
    `Pipeline execution ${data.record.id}`,
    html`${outcomeSection(data)}
      <main>
        ${problemSection(data)} ${dataSection(data)} ${stepSection(data)}
        ${await candidateSection(data)} ${await winnerSection(data)} ${segmentSection(data)}
        ${await tuningSection(data)}
      </main>`,
  );
}

/**
 * Writes the report of an execution from its records.
 * @param folder the execution's folder
 */
export async function writeReport(folder: string, path: string): Promise<void> {
  writeFileAtomically(path, await renderReport(readReportData(folder)));
}
