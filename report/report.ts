import { readFileSync } from "node:fs";
import { join } from "node:path";

import { writeFileAtomically } from "../local/storage/files";
import { candidateSection } from "./candidateSection";
import { dataSection } from "./dataSection";
import { html, Html } from "./html";
import { outcomeSection, problemSection } from "./outcomeSection";
import { type ReportData, readReportData } from "./reportData";
import { stepSection } from "./stepSection";
import { tuningSection } from "./tuningSection";
import { winnerSection } from "./winnerSection";

/** Nothing runs in the page and nothing is loaded, whatever names of tables and steps may hold. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

function styles(): Html {
  const files = ["theme.css", "graph.css", "page.css"];
  return new Html(files.map((file) => readFileSync(join(__dirname, file), "utf8")).join("\n"));
}

/** Renders the report of an execution: one page that needs nothing else. */
export async function renderReport(data: ReportData): Promise<string> {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Pipeline execution ${data.record.id}</title>
        <style>
          ${styles()}
        </style>
      </head>
      <body>
        ${outcomeSection(data)}
        <main>
          ${problemSection(data)} ${dataSection(data)} ${stepSection(data)}
          ${await candidateSection(data)} ${await winnerSection(data)} ${await tuningSection(data)}
        </main>
      </body>
    </html> `;
  return page.text;
}

/**
 * Writes the report of an execution, by what its records say.
 * @param folder the execution's folder
 */
export async function writeReport(folder: string, path: string): Promise<void> {
  writeFileAtomically(path, await renderReport(readReportData(folder)));
}
