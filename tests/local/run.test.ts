import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { JsonObject } from "../../pipeline/language/json";
import type { Baseline, Comparison } from "../../report/diagnosis";
import { text } from "../support/json";
import { at, type Draft, set } from "../support/definitions";
import { housingRows, writeRows } from "../support/housing";
import {
  type Ended,
  local,
  smallDefinition,
  temporaryFolder,
  writeDefinition,
} from "../support/localRun";

interface Result {
  readonly status: string;
  readonly execution: string;
  readonly winner: string | null;
  readonly candidates: readonly {
    readonly name: string;
    readonly r2: number | null;
    readonly mse: number | null;
    readonly rows: number | null;
    readonly r2Interval: { readonly low: number; readonly high: number } | null;
    readonly hyperparameters: Readonly<Record<string, string>>;
    readonly trials: number;
    readonly seconds: number;
  }[];
  readonly model: { readonly group: string; readonly version: number } | null;
  readonly comparison: Comparison | null;
  readonly baseline: Baseline | null;
  readonly report: string;
  readonly failureReason?: string;
}

describe("npm run local", () => {
  const folder = temporaryFolder();
  const workFolder = join(folder, "work");
  const data = writeRows(join(folder, "housing.data"), housingRows(1500));
  let definition: Draft;

  /** Runs a definition, changed as told, and returns what `--json` prints. */
  async function run(
    change: (definition: Draft) => void = () => undefined,
    ...args: readonly string[]
  ): Promise<Ended & { readonly result: Result }> {
    const changed = structuredClone(definition);
    change(changed);
    const path = writeDefinition(folder, changed);
    const ended = await local([
      ...["--definition", path, "--data", data, "--work-folder", workFolder, "--json", "--quiet"],
      ...args,
    ]);
    return { ...ended, result: JSON.parse(ended.stdout || "{}") as Result };
  }
  const versions = (): readonly string[] => readdirSync(join(workFolder, "models", "restate-dev"));

  before(async () => {
    definition = await smallDefinition();
  });

  describe("a run", () => {
    let first: Ended & { readonly result: Result };

    before(async () => {
      first = await run();
    });

    it("registers the best candidate, and reports it in one JSON object", () => {
      const { code, result, stderr } = first;
      equal(code, 0, stderr);
      equal(result.status, "Succeeded");
      const best = [...result.candidates].sort((a, b) => (b.r2 ?? 0) - (a.r2 ?? 0))[0];
      equal(result.winner, best?.name);
      deepEqual(result.model, { group: "restate-dev", version: 1 });
      deepEqual(
        result.candidates.map(({ name, trials }) => [name, trials]),
        [
          ["DecisionTree", 3],
          ["XGBoost", 3],
        ],
      );
      for (const { hyperparameters, mse, r2, r2Interval, rows } of result.candidates) {
        ok(r2 !== null && r2 > 0.9, String(r2));
        ok(mse !== null && mse > 0);
        equal(rows, first.result.comparison?.rows);
        ok(r2Interval !== null && r2Interval.low < r2 && r2 < r2Interval.high);
        ok(Object.keys(hyperparameters).length > 3);
      }
      equal(first.result.comparison?.name, best?.name);
      equal(first.result.baseline?.column, "longitude");
    });

    it("stores the model package with its metrics, artifact and approval status", () => {
      const model = JSON.parse(
        readFileSync(join(workFolder, "models", "restate-dev", "1.json"), "utf8"),
      ) as JsonObject;
      equal(model["approvalStatus"], "PendingManualApproval");
      const uri = text(
        at(model, "request", "InferenceSpecification", "Containers", 0, "ModelDataUrl") as string,
      );
      ok(existsSync(join(workFolder, "s3", uri.replace("s3://", ""))), uri);
      const metadata = at(model, "request", "CustomerMetadataProperties") as JsonObject;
      equal(metadata["Candidate"], first.result.winner);
      const winner = first.result.candidates.find(({ name }) => name === first.result.winner);
      equal(Number(metadata["R2"]), winner?.r2);
    });

    it("passes the features on in the order of the table", () => {
      const uri = `executions/${first.result.execution}/metadata/feature_names.json`;
      const path = join(workFolder, "s3", "sagemaker-restate-dev-111122223333", uri);
      deepEqual(JSON.parse(readFileSync(path, "utf8")), [
        ...["longitude", "latitude", "housingmedianage", "totalrooms", "totalbedrooms"],
        ...["population", "households"],
      ]);
    });

    it("stores a line for each trial, and the log of each job", () => {
      const lines = readFileSync(join(workFolder, "trials.csv"), "utf8").trimEnd().split("\n");
      equal(lines.length, 1 + 6);
      const logs = readdirSync(join(workFolder, "executions", first.result.execution, "logs"));
      for (const name of ["DataWranglerProcess.log", "Preprocess.log", "EvaluateXGBoost.log"]) {
        ok(logs.includes(name), name);
      }
      equal(logs.filter((name) => name.includes("-Tune")).length, 6);
    });

    it("writes a self-contained report with the scores", () => {
      const report = readFileSync(first.result.report, "utf8");
      for (const { name, r2 } of first.result.candidates) {
        ok(report.includes(`${name}</th>`) && report.includes((r2 ?? 0).toFixed(4)), name);
      }
      ok((report.match(/<svg/g) ?? []).length >= 6);
      equal(/(src|href)=/.test(report.replaceAll(/xlink:href="#/g, "")), false);
    });

    it("has the same result a second time, under the next version", async () => {
      const second = await run(undefined, "--no-cache");
      deepEqual(second.result.model, { group: "restate-dev", version: 2 });
      const scores = ({ result }: { result: Result }): unknown =>
        result.candidates.map(({ hyperparameters, r2 }) => [r2, hyperparameters]);
      deepEqual(scores(second), scores(first));
    });

    it("selects other rows and other trials with another seed", async () => {
      const other = await run((changed) => {
        const args = at(
          changed,
          ...["Steps", "Preprocess", "Arguments", "AppSpecification", "ContainerArguments"],
        ) as string[];
        args[args.indexOf("--seed") + 1] = "7";
      });
      ok(other.result.candidates[0]?.r2 !== first.result.candidates[0]?.r2);
    });
  });

  describe("the definition decides what runs", () => {
    const conditions = (step: string): readonly string[] => [
      "Steps",
      step,
      "Arguments",
      "Conditions",
    ];

    it("registers the loser if the branches of the conditions are swapped", async () => {
      const { result } = await run((changed) => {
        for (const step of ["SelectDecisionTree", "SelectXGBoost"]) {
          const [condition] = at(changed, ...conditions(step)) as Draft[];
          ok(condition);
          [condition["LeftValue"], condition["RightValue"]] = [
            condition["RightValue"],
            condition["LeftValue"],
          ];
        }
      });
      const worst = [...result.candidates].sort((a, b) => (a.r2 ?? 0) - (b.r2 ?? 0))[0];
      equal(result.winner, worst?.name);
    });

    it("uses a parameter's default, or a given value", async () => {
      const before = versions();
      const failed = await run(undefined, "--parameter", "MinimumR2=0.9999");
      equal(failed.code, 1);
      equal(failed.result.status, "Failed");
      equal(failed.result.winner, null);
      match(
        failed.result.failureReason ?? "",
        /^No candidate reaches R2 0\.9999: DecisionTree 0\.\d+, XGBoost 0\.\d+$/,
      );
      deepEqual(versions(), before);
      const status = ["--parameter", "ModelApprovalStatus=Approved"];
      const denied = await run(undefined, ...status);
      // Approving is a right of people, not of the pipeline.
      match(denied.result.failureReason ?? "", /perform: sagemaker:CreateModelPackage on resource/);
      const approved = await run(undefined, ...status, "--no-authorization");
      const model = JSON.parse(
        readFileSync(
          join(workFolder, "models", "restate-dev", `${approved.result.model?.version ?? 0}.json`),
          "utf8",
        ),
      ) as JsonObject;
      equal(model["approvalStatus"], "Approved");
    });

    it("runs after a candidate's steps are removed", async () => {
      const { result, code } = await run((changed) => {
        const gone = ["TuneXGBoost", "EvaluateXGBoost", "SelectXGBoost"];
        set(
          changed,
          ["Steps"],
          (changed["Steps"] as Draft[]).filter(({ Name }) => !gone.includes(Name as string)),
        );
        for (const step of ["SelectDecisionTree", "CheckMinimumR2"]) {
          const all = at(changed, ...conditions(step)) as Draft[];
          set(
            changed,
            conditions(step),
            all.filter((one) => !JSON.stringify(one).includes("EvaluateXGBoost")),
          );
        }
        const fail = at(changed, "Steps", "CheckMinimumR2", "Arguments", "IfSteps", 0, "Arguments");
        (fail as Draft)["ErrorMessage"] = "too low";
      });
      equal(code, 0);
      equal(result.winner, "DecisionTree");
      deepEqual(
        result.candidates.map(({ name }) => name),
        ["DecisionTree"],
      );
    });

    it("refuses a reference to a missing step before anything runs", async () => {
      const before = readdirSync(join(workFolder, "executions"));
      const { code, result, stderr } = await run((changed) => {
        set(changed, ["Steps"], (changed["Steps"] as Draft[]).slice(1));
      });
      equal(code, 1);
      match(
        stderr,
        /^error: the definition cannot run:\n {2}step "Preprocess", .*"DataWranglerProcess", which does not exist/,
      );
      equal(result.status, "Failed");
      deepEqual(readdirSync(join(workFolder, "executions")), before);
    });

    it("records a failed trial, and continues", async () => {
      const { code, result } = await run((changed) => {
        const ranges = at(
          changed,
          ...["Steps", "TuneDecisionTree", "Arguments", "HyperParameterTuningJobConfig"],
          "ParameterRanges",
        ) as Draft;
        ranges["CategoricalParameterRanges"] = [
          { Name: "criterion", Values: ["squared_error", "no_such_criterion"] },
        ];
        const config = ["Steps", "TuneDecisionTree", "Arguments", "HyperParameterTuningJobConfig"];
        set(changed, [...config, "ResourceLimits", "MaxNumberOfTrainingJobs"], 8);
        set(changed, [...config, "Strategy"], "Random");
      });
      equal(code, 0);
      equal(result.candidates[0]?.trials, 8);
      const lines = readFileSync(join(workFolder, "trials.csv"), "utf8").split("\n");
      const own = lines.filter((line) => line.startsWith(`${result.execution},TuneDecisionTree`));
      ok(
        own.some((line) => line.includes(",Failed,")) &&
          own.some((line) => line.includes(",Completed,")),
      );
    });

    it("fails a tuning with a range that SageMaker would refuse", async () => {
      const { code, result } = await run((changed) => {
        const config = ["Steps", "TuneXGBoost", "Arguments", "HyperParameterTuningJobConfig"];
        set(changed, [...config, "ParameterRanges"], {
          ContinuousParameterRanges: [{ Name: "eta", MinValue: "0.9", MaxValue: "0.1" }],
        });
      });
      equal(code, 1);
      equal(
        result.failureReason,
        "tuning TuneXGBoost: ContinuousParameterRanges: eta: MinValue 0.9 is above MaxValue 0.1",
      );
    });

    it("fails a tuning whose trials all fail, with the reason and the log", async () => {
      const before = versions();
      const { code, result, stderr } = await run((changed) => {
        set(
          changed,
          [
            ...["Steps", "TuneDecisionTree", "Arguments", "TrainingJobDefinition"],
            "StaticHyperParameters",
          ],
          { random_state: "1", typo: "1" },
        );
      });
      equal(code, 1);
      equal(result.status, "Failed");
      match(result.failureReason ?? "", /^none of 3 training jobs completed; the last one: .*typo/);
      const log = /log: (.*)\n/.exec(stderr)?.[1] ?? "";
      ok(existsSync(log), stderr);
      deepEqual(versions(), before);
    });

    /** Puts a script in place of Preprocess. */
    const script =
      (name: string, lines: readonly string[]) =>
      (changed: Draft): void => {
        mkdirSync(join(workFolder, "s3", "scripts"), { recursive: true });
        writeRows(join(workFolder, "s3", "scripts", name), lines);
        const step = ["Steps", "Preprocess", "Arguments"];
        const path = `/opt/ml/processing/input/${name}`;
        set(changed, [...step, "AppSpecification", "ContainerEntrypoint"], ["python3", path]);
        set(
          changed,
          [...step, "ProcessingInputs"],
          [
            {
              InputName: "script",
              S3Input: {
                S3Uri: `s3://scripts/${name}`,
                LocalPath: "/opt/ml/processing/input",
                S3DataType: "S3Prefix",
              },
            },
            ...(at(changed, ...step, "ProcessingInputs") as Draft[]).slice(2),
          ],
        );
      };

    it("retries a killed job as often as its RetryPolicies allow", async () => {
      const attempts = join(folder, "attempts");
      const { code, result } = await run(
        script("killed.py", [
          "import os",
          `open("${attempts}", "a").write("x")`,
          "os.kill(os.getpid(), 9)",
        ]),
        "--no-authorization",
      );
      equal(code, 1);
      equal(result.failureReason, "killed by SIGKILL, as the system does when memory runs out");
      equal(readFileSync(attempts, "utf8"), "xxxx");
    });

    it("stops a job at its time limit", async () => {
      const { code, result } = await run((changed) => {
        script("sleep.py", ["import time", "time.sleep(60)"])(changed);
        const limit = ["Steps", "Preprocess", "Arguments", "StoppingCondition"];
        set(changed, [...limit, "MaxRuntimeInSeconds"], 1);
      }, "--no-authorization");
      equal(code, 1);
      equal(result.failureReason, "stopped after 1 s, its MaxRuntimeInSeconds");
    });
  });
});
