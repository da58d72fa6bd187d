import { deepEqual, equal, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { DataReport } from "../../local/records/dataReport";
import type { TuningStep } from "../../pipeline/language/definition";
import type { Cell } from "../../report/diagnosis";
import { renderReport } from "../../report/report";
import { gapOf, readDiagnoses } from "../../report/reportData";
import type { Metrics } from "../../sageMaker/metrics";
import { randomNumbers } from "../support/housing";
import { temporaryFolder } from "../support/localRun";
import { hostileRecords } from "./hostile";
import { type Records, reportOf, result, step, trial, tuningStep } from "./records";

/** Says which text is missing, not the whole page. */
function has(page: string, text: RegExp): void {
  ok(text.test(page), String(text));
}

const metrics = (r2: number): { r2: number; mse: number; rmse: number; mae: number } => ({
  r2,
  mse: 4,
  rmse: 2,
  mae: 1,
});

/** The tuning step of a candidate. */
const tuned = (name: string): TuningStep => ({
  ...tuningStep(`Tune${name}`, {}),
  DisplayName: name,
});

describe("the report's page", () => {
  const folder = temporaryFolder();
  const render = (records: Records): Promise<string> => renderReport(reportOf(records));

  it("escapes names, values and logs", async () => {
    for (const status of ["Failed", "Succeeded"] as const) {
      const page = await render({
        ...hostileRecords,
        execution: { ...hostileRecords.execution, status },
      });
      equal(/<(script|img)/.test(page), false);
      ok(page.split("&lt;script&gt;").length > 30, "the names are shown");
    }
  });

  it("shows why a run failed, the end of the log, and which steps were done", async () => {
    const page = await render({
      execution: {
        status: "Failed",
        failureReason: "exit code 1\nno luck",
        steps: [
          result("Read"),
          result("Split", { status: "Failed", failureReason: "exit code 1\nno luck" }),
          result("Last", { status: "NotExecuted" }),
        ],
      },
      steps: [
        step("Read"),
        step("Split", { DependsOn: ["Read"] }),
        step("Last", { DependsOn: ["Split"] }),
      ],
      logs: { Split: "line 98\nline 99" },
    });
    has(page, /The pipeline failed<\/strong> at Split/);
    ok(page.includes("exit code 1\nno luck"));
    has(
      page,
      /The end of its log; <code>logs Split<\/code> prints all of it:<\/p>\s*<pre[^>]*>line 98\nline 99<\/pre>/,
    );
    deepEqual(
      [...page.matchAll(/<td class="state [\w-]+">(.*?)<\/td>/gs)].map(([, state]) => state),
      ["✓ Succeeded", "✗ Failed", "○ Not reached"],
    );
  });

  it("shows the table, its rows and warnings about them", async () => {
    const own = { steps: [step("Preprocess")] };
    equal((await render(own)).includes("<h2>Data</h2>"), false);
    const data: DataReport = {
      version: 1,
      table: "hit<ters",
      target: "salary",
      summary: "322 rows read, 59 without salary, 263 used: 184 / 53 / 26",
      rows: { read: 322, withoutTarget: 59, used: 263 },
      parts: { train: 184, validation: 53, test: 26 },
      sampledRows: 263,
      findings: [{ kind: "leak", column: "pay", text: "pay: gives the target away" }],
      missing: { walks: 0.125 },
    };
    const page = await render({ ...own, data });
    has(
      page,
      /Table <strong>hit&lt;ters<\/strong>, target <strong>salary<\/strong>:\s+322 rows read/,
    );
    has(page, /<li>pay: gives the target away<\/li>/);
    has(page, /<th scope="row">test rows<\/th>\s*<td>26<\/td>/);
    has(page, /<th scope="row">walks<\/th>\s*<td>missing in 12\.5 %<\/td>/);
    equal(page.includes("everything else in"), false);
    has(
      await render({ ...own, data: { ...data, sampledRows: 100 } }),
      /everything else in 100 rows/,
    );
  });

  it("shows the winner’s errors by segment, and marks those of few rows", async () => {
    const errors = (name: string, rows: number, bias: number) => ({
      ...{ name, rmse: 2.5, mae: 1.25, bias, rows },
    });
    const segments = [
      { column: "Target", segments: [errors("0 to 4", 1200, -0.5)] },
      { column: "to<wn", segments: [errors("= Ulm", 30, 0.5), errors("2 other labels", 29, 0)] },
    ];
    const own = {
      steps: [tuningStep("Good", {}), tuningStep("Best", {})],
      metrics: { Good: metrics(0.8), Best: { ...metrics(0.9), segments } },
    };
    const page = await render(own);
    has(page, /<h2>Errors by segment: Best<\/h2>/);
    const [, table = ""] = page.split("Errors by segment");
    const cells = table.split("</section>")[0]?.matchAll(/<t[dh][^>]*>([^<]*)<\/t[dh]>/g) ?? [];
    deepEqual([...cells].map(([, text = ""]) => text).slice(6), [
      ...["Target", "0 to 4", "2.5", "1.25", "-0.5", "1,200"],
      ...["to&lt;wn", "= Ulm", "2.5", "1.25", "+0.5", "30"],
      ...["2 other labels", "2.5", "1.25", "0", "29 (few)"],
    ]);
    const winner = { name: "Good", group: "g", version: 1, approvalStatus: "Approved", r2: 0.8 };
    equal((await render({ ...own, execution: { winner } })).includes("Errors by segment"), false);
  });

  it("marks a model that over-fits, by the drop of R² from train to test rows", async () => {
    const records = (train: number): Records => ({
      metrics: { Tree: metrics(0.7) },
      trials: [trial(0, 1)],
      steps: [tuned("Tree")],
      diagnoses: [
        {
          name: "Tree",
          splits: {
            train: { ...metrics(train), rows: 70, isPart: true },
            test: { ...metrics(0.1), rows: 10, isPart: true },
          },
        },
      ],
    });
    const over = await render(records(0.95));
    has(over, /▲ overfits: R² falls by 0\.25/);
    ok(over.includes("70 of more"), "says that it is a part of the rows");
    ok(over.includes("0.7000") && !over.includes("0.1000"), "takes the pipeline's own evaluation");
    has(await render(records(0.75)), /class="note">R² falls by 0\.05 from/);
    has(await render(records(0.703)), /class="note">R² falls by less than 0\.01 from/);
    has(await render(records(0.6)), /class="note">R² is no lower on test rows than on train rows</);
    const [candidate] = reportOf(records(0.75)).candidates;
    ok(candidate);
    equal(gapOf(candidate)?.toFixed(2), "0.05");
  });

  it("shows R²'s confidence interval, ties, baselines, and the prediction interval", async () => {
    const measured = (r2: number): Metrics => ({
      ...{ ...metrics(r2), rows: 400, r2Interval: { low: r2 - 0.02, high: r2 + 0.02 } },
    });
    const page = await render({
      metrics: { Tree: measured(0.7), Boosted: measured(0.71) },
      steps: [tuned("Tree"), tuned("Boosted")],
      diagnoses: [
        {
          name: "Boosted",
          splits: {},
          details: {
            ...{ rows: 400, isPart: false, predictedAgainstActual: [] },
            ...{ residualAgainstPredicted: [], residuals: [] },
            interval: { confidence: 0.9, halfWidth: 48_210.4, rows: 800, covered: 0.8925 },
          },
        },
      ],
      comparison: {
        name: "Boosted",
        rows: 400,
        differences: [{ name: "Tree", low: -0.005, high: 0.03 }],
      },
      baseline: { column: "income", r2: 0.47, rmse: 84_000, meanRmse: 115_000 },
    });
    has(page, /<li>Boosted and Tree: a tie within the noise of 400 test rows<\/li>/);
    has(page, /<li>baseline: income alone R² 0\.4700 \(RMSE 84,000; of the mean 115,000\)<\/li>/);
    has(page, /0\.7100 \(0\.6900 to 0\.7300\)/);
    has(
      page,
      /prediction ± 48,210 contains the actual value with 90 %\s+confidence, according to the residuals of 800 validation rows. It contains\s+89\.3 %/,
    );
  });

  it("shows the interval that the model returns, if it returns one", async () => {
    const page = await render({
      metrics: {
        Tree: {
          ...metrics(0.7),
          predictionInterval: { confidence: 0.8, halfWidth: 31_000, rows: 4_128, covered: 0.8125 },
        },
      },
      steps: [tuned("Tree")],
      diagnoses: [
        {
          name: "Tree",
          splits: {},
          details: {
            ...{ rows: 400, isPart: false, predictedAgainstActual: [] },
            ...{ residualAgainstPredicted: [], residuals: [] },
            interval: { confidence: 0.9, halfWidth: 48_210.4, rows: 800, covered: 0.8925 },
          },
        },
      ],
    });
    has(
      page,
      /prediction ± 31,000 contains the actual value with 80 %\s+confidence, according to the residuals of 4,128 validation rows. It contains\s+81\.3 %/,
    );
    ok(!page.includes("48,210"), "shows no other interval");
  });

  it("shows no predictions from a file of another version, and says so", () => {
    const path = join(folder, "diagnostics.json");
    writeFileSync(path, JSON.stringify([{ name: "Tree", splits: {}, details: { actual: [1] } }]));
    const said: string[] = [];
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text: string) => said.push(text) > 0;
    try {
      deepEqual(readDiagnoses(path), { candidates: [] });
    } finally {
      process.stderr.write = write;
    }
    deepEqual(said, [
      `warning: ${path} has another version, so the report shows no predictions; a new run writes it again\n`,
    ]);
  });

  it("stays below 2 MB with thousands of trials, predictions and features", async () => {
    const random = randomNumbers(5);
    const names = Array.from({ length: 12 }, (_, index) => `parameter_${index}`);
    const ranges = names.map((Name) => ({
      Name,
      MinValue: "0",
      MaxValue: "1",
      ScalingType: "Auto",
    }));
    // As many as there are at the most: every one of 41 times 41.
    const cells = (): Cell[] =>
      Array.from({ length: 41 * 41 }, (_, index) => {
        const [x0, y0] = [1e5 * Math.floor(index / 41), 1e5 * (index % 41)];
        const [count, mean] = [Math.ceil(200 * random()), 1e6 * (random() - 0.5)];
        return { x0, x1: x0 + 1e5, y0, y1: y0 + 1e5, count, mean };
      });
    const page = await render({
      trials: ["TuneTree", "TuneOther"].flatMap((own) =>
        Array.from({ length: 1000 }, (_, number) =>
          trial(number, 1e9 * random(), {
            step: own,
            hyperparameters: Object.fromEntries(names.map((name) => [name, String(random())])),
          }),
        ),
      ),
      steps: [
        { ...tuningStep("TuneTree", { ContinuousParameterRanges: ranges }), DisplayName: "Tree" },
        tuningStep("TuneOther", { ContinuousParameterRanges: ranges }),
        ...Array.from({ length: 40 }, (_, index) =>
          step(`Step${index}`, { DependsOn: ["TuneTree"] }),
        ),
      ],
      diagnoses: [
        {
          name: "Tree",
          splits: {},
          details: {
            rows: 20_000,
            isPart: true,
            predictedAgainstActual: cells(),
            residualAgainstPredicted: cells(),
            residuals: Array.from({ length: 41 }, (_, start) => ({
              start,
              end: start + 1,
              count: 1,
            })),
            errorMap: cells(),
            importance: {
              rows: 100,
              features: Array.from({ length: 500 }, (_, index) => ({ name: `f${index}`, fall: 1 })),
            },
          },
        },
      ],
    });
    ok(page.length < 2e6, `${page.length} characters`);
    has(page, /The best 235 of 1000 trials/);
    has(page, /The charts show 230 evenly spaced ones of 1000 trials/);
    has(page, /20,000\s+evenly spaced test rows, not all/);
    has(page, /the chart shows the 20 most important of 500 features/);
  });

  it("shows SHAP values, or says why there are none", async () => {
    const page = await render(hostileRecords);
    has(page, /SHAP values of 20 test rows: 1\.5 and the values of a row's\s+features add up to/);
    has(page, /<td>0\.25<\/td>/);
    has(page, /mean absolute SHAP values/);
    has(page, /There are no SHAP values: /);
  });

  it("has accessible names for pictures, and headers for columns and rows", async () => {
    const page = await render(hostileRecords);
    const pictures = page.match(/<svg[^>]*>/g) ?? [];
    ok(pictures.length >= 10, String(pictures.length));
    ok(pictures.every((svg) => /role="img"[^>]*aria-label="[^"]{10}/s.test(svg)));
    ok((page.match(/<th[ >][^>]*>/g) ?? []).every((head) => head.includes("scope=")));
    const levels = [...page.matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
    ok(levels.every((level, index) => index === 0 || level <= (levels[index - 1] ?? 0) + 1));
  });
});
