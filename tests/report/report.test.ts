import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type { Browser, Page } from "puppeteer-core";

import { renderReport } from "../../report/report";
import { findBrowser, startBrowser } from "../../tools/browser";
import { at, type Draft, set } from "../support/definitions";
import { housingRows, writeRows } from "../support/housing";
import { local, smallDefinition, temporaryFolder, writeDefinition } from "../support/localRun";
import { hostileRecords } from "./hostile";
import { reportOf } from "./records";

/** A tuning of eight trials, some of which fail by a category. */
function withFailingTrials(definition: Draft): void {
  const config = ["Steps", "TuneDecisionTree", "Arguments", "HyperParameterTuningJobConfig"];
  set(definition, [...config, "ResourceLimits", "MaxNumberOfTrainingJobs"], 8);
  set(definition, [...config, "Strategy"], "Random");
  const ranges = at(definition, ...config, "ParameterRanges") as Draft;
  ranges["CategoricalParameterRanges"] = [
    { Name: "criterion", Values: ["squared_error", "no_such_criterion"] },
  ];
}

const inPage = readFileSync(join(__dirname, "inPage.js"), "utf8");

/** Calls a function of inPage.js in a page. */
async function ask<Answer>(page: Page, name: string, ...args: readonly string[]): Promise<Answer> {
  return (await page.evaluate(`inPage.${name}(...${JSON.stringify(args)})`)) as Answer;
}

describe("the report in a browser", function () {
  this.timeout(300_000);
  const path = findBrowser();
  const folder = temporaryFolder();
  const workFolder = join(folder, "work");
  let browser: Browser;
  const pages: Record<string, string> = {};

  before(async function () {
    if (path === undefined) {
      console.log(
        "    skipped: there is no Chromium or Chrome on the path; RESTATE_BROWSER names one",
      );
      this.skip();
    }
    const definition = await smallDefinition();
    withFailingTrials(definition);
    const args = [
      ...["--definition", writeDefinition(folder, definition), "--work-folder", workFolder],
      ...["--data", writeRows(join(folder, "housing.data"), housingRows(1500)), "--quiet"],
    ];
    const report = join(workFolder, "report", "index.html");
    const run = async (name: string, code: number, ...more: readonly string[]): Promise<void> => {
      const ended = await local([...args, ...more]);
      equal(ended.code, code, ended.stderr);
      pages[name] = readFileSync(report, "utf8");
    };
    await run("succeeded", 0);
    await run("failed", 1, "--parameter", "MinimumR2=0.9999");
    pages["hostile"] = await renderReport(reportOf(hostileRecords));
    browser = await startBrowser(path);
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
  });

  /** Opens a page, and tells what it asks for and complains of. */
  async function open(
    name: string,
    width: number,
    scheme: "dark" | "light" = "light",
  ): Promise<{ readonly page: Page; readonly heard: readonly string[] }> {
    const file = writeRows(join(folder, `${name}.html`), [pages[name] ?? ""]);
    const url = pathToFileURL(file).href;
    const page = await browser.newPage();
    const heard: string[] = [];
    page.on("console", (message) => heard.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => heard.push(`error: ${String(error)}`));
    page.on("dialog", (dialog) => heard.push(`dialog: ${dialog.message()}`));
    page.on("request", (request) => {
      if (request.url() !== url) {
        heard.push(`request: ${request.url()}`);
      }
    });
    await page.setViewport({ width, height: 800 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.goto(url);
    await page.evaluate(inPage);
    return { page, heard };
  }

  it("shows all parts of a run", async () => {
    const { page } = await open("succeeded", 1150);
    const texts = await ask<string[]>(page, "texts", "h2, h3, figcaption");
    for (const text of [
      ...["Steps", "Candidates", "R²", "RMSE", "MAE", "Tuning", "DecisionTree", "XGBoost"],
      ...["criterion", "max_leaf_nodes (logarithmic)"],
      "Objective of each trial, and the best so far (lower is better)",
      "Predicted against actual; colour: rows per cell",
      "Distribution of the residuals",
      "Importance: decrease of R² when a feature is shuffled",
      "Errors by location: mean of predicted minus actual",
    ]) {
      ok(texts.includes(text), `${text} is not among ${texts.join(", ")}`);
    }
    const splits = await ask<string[]>(page, "texts", "td");
    for (const split of ["train", "validation", "test"]) {
      equal(splits.filter((text) => text === split).length, 2, split);
    }
    ok(splits.includes("Failed"), "failed trials are listed");
    await page.close();
  });

  it("shows a run below the minimum with its reason, what it reused and its candidates", async () => {
    const { page } = await open("failed", 1150);
    const [text = ""] = await ask<string[]>(page, "texts", "body");
    ok(text.includes("No candidate reaches R2 0.9999"));
    ok(/The best candidate: (DecisionTree|XGBoost)/.test(text));
    const states = (await ask<string[]>(page, "texts", ".graph .status")).map((status) =>
      status.replace(/ [\d.]+ s$/, ""),
    );
    const count = (state: string): number => states.filter((one) => one === state).length;
    deepEqual([count("↺ Cached"), count("✗ Failed"), count("– Skipped")], [5, 1, 2]);
    await page.close();
  });

  for (const name of ["succeeded", "failed", "hostile"]) {
    it(`fits windows of any width, and neither loads nor runs anything: ${name}`, async () => {
      const { heard, page } = await open(name, 320);
      for (const width of [320, 360, 768, 1280]) {
        await page.setViewport({ width, height: 800 });
        const scrollWidth = await ask<number>(page, "scrollWidth");
        ok(scrollWidth <= width, `it is ${scrollWidth} pixels wide in ${width}`);
      }
      equal(await ask<number>(page, "count", "script, img, link, iframe"), 0);
      deepEqual(heard, []);
      await page.close();
    });
  }

  it("cuts no text in its pictures", async () => {
    const { page } = await open("succeeded", 1280);
    deepEqual(await ask<string[]>(page, "cutTexts"), []);
    await page.close();
  });

  for (const [scheme, least, most] of [
    ["light", 200, 255],
    ["dark", 0, 70],
  ] as const) {
    it(`is ${scheme} if the system is, with enough contrast`, async () => {
      const { page } = await open("succeeded", 360, scheme);
      deepEqual([...new Set(await ask<string[]>(page, "faintTexts"))], []);
      const png = Buffer.from(await page.screenshot({ fullPage: true })).toString("base64");
      const look = await ask<{ brightness: number; colours: number }>(page, "look", png);
      ok(look.brightness > least && look.brightness < most, `brightness ${look.brightness}`);
      ok(look.colours > 50, `${look.colours} colours`);
      await page.close();
    });
  }

  it("prints on A4 with every table open and nothing cut", async () => {
    const { page } = await open("succeeded", 718); // 19 cm, what A4 has between margins of 1 cm.
    await page.emulateMediaType("print");
    deepEqual(await ask<string[]>(page, "wideParts"), []);
    const heights = await ask<number[]>(page, "heights", "figure, .graph-frame");
    ok(
      heights.every((height) => height < 1000),
      `no picture is cut between pages: ${heights.join(", ")}`,
    );
    equal(await ask<number>(page, "hiddenTables"), 0);
    const pdf = await page.pdf({ format: "A4" });
    equal(Buffer.from(pdf.subarray(0, 5)).toString(), "%PDF-");
    ok(pdf.length > 20_000, `${pdf.length} bytes`);
    await page.close();
  });

  it("stores its data with the execution", async () => {
    const [first = "", ...others] = readdirSync(join(workFolder, "executions"));
    equal(others.length, 1);
    const { code, stdout } = await local(["report", first, "--work-folder", workFolder]);
    equal(code, 0);
    ok(readFileSync(stdout.trim(), "utf8").includes(`<h1>Pipeline execution ${first}</h1>`));
  });
});
