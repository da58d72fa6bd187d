/**
 * Makes the pictures in docs/pictures: pipeline.svg, the step graph of the default definition, and report.png, the report
 * of a real local run. `npm run docs:pictures -- --data PATH`; options are passed to the local run. Needs Chromium or
 * Chrome.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { evaluateProgram } from "../offline/program";
import { stepGraph } from "../report/stepGraph";
import { standaloneStepGraph } from "../report/stepGraphSvg";
import { stackConfig } from "../offline/stackConfig";
import { findBrowser, startBrowser } from "./browser";

const root = resolve(__dirname, "..");

/** Width of the report's picture in pixels. */
const width = 1150;

/** Draws the steps of the default definition. */
export async function pipelinePicture(): Promise<string> {
  const { definition } = await evaluateProgram("dev", stackConfig("dev"));
  return standaloneStepGraph(stepGraph(definition), "The steps of the default pipeline");
}

/** Takes a screenshot of a report down to the end of the winner's charts. */
async function photograph(browserPath: string, report: string): Promise<Uint8Array> {
  const browser = await startBrowser(browserPath);
  try {
    const page = await browser.newPage();
    await page.setViewport({ width, height: 900 });
    await page.goto(pathToFileURL(report).href);
    const sections = await page.$$("main > section");
    // The sections: data, steps, candidates, winner; then the tunings.
    const box = await sections[3]?.boundingBox();
    const height = Math.ceil((box?.y ?? 0) + (box?.height ?? 900));
    return await page.screenshot({ clip: { x: 0, y: 0, width, height } });
  } finally {
    await browser.close();
  }
}

async function main(options: readonly string[]): Promise<void> {
  const browser = findBrowser();
  if (browser === undefined) {
    throw new Error("there is no Chromium or Chrome here; RESTATE_BROWSER names one");
  }
  const pictures = join(root, "docs", "pictures");
  mkdirSync(pictures, { recursive: true });
  writeFileSync(join(pictures, "pipeline.svg"), await pipelinePicture());
  const folder = mkdtempSync(join(tmpdir(), "restate-pictures-"));
  try {
    const cli = [...process.execArgv, join(root, "cli", "restate.ts"), "--local"];
    execFileSync(process.execPath, [...cli, "run", ...options, "--work-folder", folder], {
      cwd: root,
      stdio: "inherit",
    });
    const report = join(folder, "report", "index.html");
    writeFileSync(join(pictures, "report.png"), await photograph(browser, report));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exitCode = 1;
  });
}
