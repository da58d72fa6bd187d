import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { DescribeHyperParameterTuningJobCommand } from "@aws-sdk/client-sagemaker";
import { extract } from "tar";

import { pythonInterpreter } from "../../local/environments/python";
import type { JsonObject } from "../../pipeline/language/json";
import type { FullExecution } from "../../sageMaker/fullExecution";
import type { ExecutionTrial } from "../../sageMaker/trials";
import { executionIn, trialsOf } from "../support/executions";
import { randomNumbers } from "../support/housing";
import { command, type Ended, local, temporaryFolder, writeDefinition } from "../support/localRun";
import { localWorld, sageMakerOf } from "../support/localWorld";

const scripts = {
  "split.py": `
import pathlib
lines = pathlib.Path("/opt/ml/processing/input/rows.csv").read_text().splitlines()
for name, part in (("train", lines[:300]), ("validation", lines[300:400]), ("test", lines[400:])):
    pathlib.Path(f"/opt/ml/processing/{name}/part.csv").write_text("\\n".join(part) + "\\n")
`,
  "measure.py": `
import json, pathlib
rows = [
    [float(field) for field in line.split(",")]
    for path in sorted(pathlib.Path('/opt/ml/processing/predictions').rglob("*.out"))
    for line in path.read_text().splitlines()
]
assert len(rows) == 100 and all(len(row) == 2 for row in rows), rows
mse = sum((actual - predicted) ** 2 for actual, predicted in rows) / len(rows)
base = "/opt/ml"
pathlib.Path(base, "processing/report/report.json").write_text(json.dumps({"metrics": [{"mse": mse}]}))
`,
  "judge.py": "print('no verdict')\n",
};

/** Gives each step of a definition in a folder a CacheConfig. @returns the name of what that makes */
function cachedIn(folder: string, pipeline: string): string {
  const definition = JSON.parse(readFileSync(join(folder, `${pipeline}.json`), "utf8")) as {
    readonly Steps: readonly JsonObject[];
  };
  const name = `${pipeline}-cached`;
  const CacheConfig = { Enabled: true, ExpireAfter: "P30D" };
  const jobs = ["Processing", "Training", "Transform", "Tuning"];
  const Steps = definition.Steps.map((step) =>
    jobs.includes(step["Type"] as string) ? { ...step, CacheConfig } : step,
  );
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ ...definition, Steps }));
  return name;
}

/** Lays out what the pipelines read as S3 has it. */
function writeObjects(folder: string): void {
  const bucket = join(folder, "team-bucket");
  mkdirSync(join(bucket, "code"), { recursive: true });
  mkdirSync(join(bucket, "data"), { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(bucket, "code", name), script);
  }
  const random = randomNumbers(3);
  const rows = Array.from({ length: 500 }, () => {
    const [x, y] = [random(), random()];
    return [10 * x - 5 * y + 0.1 * random(), x, y].map((value) => value.toFixed(5)).join(",");
  });
  writeFileSync(join(bucket, "data", "rows.csv"), rows.map((row) => `${row}\n`).join(""));
}

/** Code in the folders that the SDK packs, by path. */
const code = {
  // Where nothing of the user's is installed: another version than this machine's is named, and runs.
  "prepare/requirements.txt": "numpy<1.0  # the image's is newer\n",
  "prepare/parts.py": `
import pathlib
def halves(rows, count):
    assert pathlib.Path("/opt/ml/processing/train").is_dir()
    return {"train": rows[:count], "test": rows[count:]}
`,
  "prepare/prepare.py": `
import argparse, pathlib
from parts import halves
parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int)
rows = pathlib.Path("/opt/ml/processing/data/rows.csv").read_text().splitlines()
for name, part in halves(rows, parser.parse_args().rows).items():
    pathlib.Path(f"/opt/ml/processing/{name}/part.csv").write_text("\\n".join(part) + "\\n")
`,
  "forest/train.py": `
import json, os, pickle, sys
import numpy as np
from sklearn.ensemble import RandomForestRegressor
rows = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "part.csv"), delimiter=",")
trees = int(os.environ["SM_HP_N-ESTIMATORS"])
model = RandomForestRegressor(trees, random_state=0).fit(rows[:, 1:], rows[:, 0])
with open(os.path.join(os.environ["SM_MODEL_DIR"], "forest.pickle"), "wb") as file:
    pickle.dump(model, file)
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "given.json"), "w") as file:
    json.dump([sys.argv, __name__, os.path.basename(os.getcwd())], file)
print(f"mse={((model.predict(rows[:, 1:]) - rows[:, 0]) ** 2).mean()};")
`,
  "boosting/boost.py": `
import os, sys
import numpy as np, xgboost
rows = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "part.csv"), delimiter=",")
matrix = xgboost.DMatrix(rows[:, 1:], label=rows[:, 0])
xgboost.train({}, matrix, int(sys.argv[2])).save_model("/opt/ml/model/boosted.json")
`,
  "serving/serve.py": `
import os, pickle
def model_fn(model_dir):
    with open(os.path.join(model_dir, "forest.pickle"), "rb") as file:
        return pickle.load(file)
`,
  "serving/shared.py": 'FILE = "boosted.json"\n',
  "serving/reverse.py": `
def model_fn(model_dir):
    return None
def predict_fn(rows, model):
    return rows[:, ::-1]
`,
  "serving/serve_boosted.py": `
import os, xgboost
from shared import FILE
def model_fn(model_dir):
    return xgboost.Booster(model_file=os.path.join(model_dir, FILE))
def output_fn(prediction, accept):
    return "".join(f"{value:.3f}\\n" for value in prediction), accept
`,
};

/** Writes the code of scripts below a folder. */
function writeCode(folder: string, more: Readonly<Record<string, string>> = {}): void {
  for (const [name, text] of Object.entries({ ...code, ...more })) {
    mkdirSync(dirname(join(folder, "code", name)), { recursive: true });
    writeFileSync(join(folder, "code", name), text);
  }
}

describe("npm run local, given a definition of the SageMaker SDK,", () => {
  const folder = temporaryFolder();
  const objects = join(folder, "objects");
  const workFolder = join(folder, "work");
  const changed = join(folder, "changed");

  async function run(
    pipeline: string,
    ...args: readonly string[]
  ): Promise<Ended & { readonly record: FullExecution }> {
    const definition = join(folder, `${pipeline}.json`);
    const ended = await local([
      ...["--definition", definition, "--s3", objects, "--work-folder", workFolder],
      ...["--json", "--quiet", ...args],
    ]);
    const { execution = "" } = JSON.parse(ended.stdout) as { execution?: string };
    return { ...ended, record: await executionIn(workFolder, execution) };
  }

  const states = ({ steps }: FullExecution): Readonly<Record<string, string>> =>
    Object.fromEntries(steps.map(({ name, status }) => [name, status]));

  before(async () => {
    writeObjects(objects);
    writeCode(folder);
    writeCode(changed, {
      "forest/requirements.txt": "no-such-package==1.0\n-e .\n",
      "boosting/setup.py": "",
      "prepare/requirements.txt": "no-such-package; python_version < '3'\n",
      // The SDK's runproc.sh of a processing job takes no notice of it.
      "prepare/setup.py": "raise SystemExit(1)\n",
    });
    const names = ["train", "tune", "complete", "script", "changed/script"];
    const script = ["tests/support/sdk_pipelines.py", folder, ...names];
    const { code: exitCode, stderr } = await command(pythonInterpreter(), script);
    equal(exitCode, 0, stderr);
  });

  it("trains, makes a model, transforms, measures and registers", async () => {
    const { code, record, stderr } = await run("train");
    equal(code, 0, stderr);
    deepEqual(states(record), {
      Split: "Succeeded",
      Train: "Succeeded",
      "Model-CreateModel": "Succeeded",
      Predict: "Succeeded",
      Measure: "Succeeded",
      Check: "Succeeded",
      "Register-RegisterModel": "Succeeded",
      TooBad: "NotExecuted",
    });
    deepEqual(readdirSync(join(workFolder, "models", "team-models")), ["1.json"]);
    const predictions = join(workFolder, "s3", "team-bucket", "predictions");
    const [start = ""] = readdirSync(predictions);
    const lines = readFileSync(join(predictions, start, "part.csv.out"), "utf8")
      .trim()
      .split("\n");
    equal(lines.length, 100);
    for (const line of lines) {
      const [actual = Number.NaN, predicted = Number.NaN] = line.split(",").map(Number);
      ok(Math.abs(actual - predicted) < 2, line);
    }
  });

  it("reuses all jobs of steps with a CacheConfig the second time, and fails with its own message", async () => {
    const { code, record } = await run(cachedIn(folder, "train"), "--parameter", "LargestMse=0");
    equal(code, 1);
    equal(record.failureReason, "mse above 0");
    const again = ["Split", "Train", "Predict", "Measure"];
    for (const { detail, name } of record.steps.filter((step) => again.includes(step.name))) {
      match(detail ?? "", /^as in execution/, name);
    }
  });

  it("tunes with Hyperband, and stops weak trials early", async () => {
    const { code, record, stderr } = await run("tune");
    equal(code, 0, stderr);
    const of = (step: string): readonly ExecutionTrial[] =>
      trialsOf(record).filter((trial) => trial.step === step);
    deepEqual([of("Hyperband").length, of("EarlyStopping").length], [9, 9]);
    const stopped = of("EarlyStopping").filter(({ status }) => status === "Stopped");
    ok(
      stopped.length > 0,
      of("EarlyStopping")
        .map(({ status }) => status)
        .join(),
    );
    for (const { objective, failureReason } of stopped) {
      ok(objective !== undefined);
      match(failureReason ?? "", /^stopped early, after \d+ values of the objective$/);
    }
  });

  it("completes a tuning by its criteria, and reports it as completed", async () => {
    const { code, record, stderr } = await run("complete");
    equal(code, 0, stderr);
    match(stderr, /^warning: step "Tune", .*\.ConvergenceDetected: is ignored here, because/m);
    deepEqual(
      trialsOf(record)
        .map(({ number, status }) => `${number} ${status}`)
        .sort((left, right) => left.localeCompare(right)),
      ["0 Completed", "1 Completed", "2 Completed", "3 Completed", "4 Stopped"],
    );
    const described = await sageMakerOf(localWorld(workFolder)).send(
      new DescribeHyperParameterTuningJobCommand({
        HyperParameterTuningJobName: `${record.id}-Tune`,
      }),
    );
    equal(described.HyperParameterTuningJobStatus, "Completed");
    deepEqual(described.TuningJobCompletionDetails, {
      NumberOfTrainingJobsObjectiveNotImproving: 3,
    });
    const { Completed, InProgress, Stopped } = described.TrainingJobStatusCounters ?? {};
    deepEqual([Completed, InProgress, Stopped], [4, 0, 1]);
  });

  it("prepares, trains, tunes and serves with scripts for both frameworks", async () => {
    const { code: exitCode, record, stderr } = await run("script");
    equal(exitCode, 1, stderr);
    const jobs = ["training-job", "hyper-parameter-tuning-job", "processing-job"];
    const names = ["Train", "Tune", "Prepare"];
    const arns = jobs.map(
      (kind, index) =>
        `arn:aws:sagemaker:us-east-1:111122223333:${kind}/${record.id}-${names[index] ?? ""}`,
    );
    equal(record.failureReason, arns.join(" "));
    match(
      stderr,
      /^warning: step "Prepare", s3:\S+\/sourcedir\.tar\.gz: requirements\.txt: "numpy<1\.0" runs as numpy [\d.]+ here$/m,
    );
    const tried = trialsOf(record).map(({ hyperparameters, objective }) => [
      hyperparameters["name"],
      Number.isFinite(objective),
    ]);
    deepEqual(tried, [['"a b"', true]]);
    const bucket = join(workFolder, "s3", "team-bucket");
    const predicted = (name: string): readonly number[] =>
      readFileSync(join(bucket, "predictions", name, "part.csv.out"), "utf8")
        .trim()
        .split("\n")
        .map(Number);
    const [forest, boosted] = [predicted("Forest"), predicted("Boosted")];
    // The latter by an inference pipeline of three containers, the first two of which turn the columns round, and back.
    const logs = readdirSync(join(workFolder, "executions", record.id, "logs"));
    deepEqual(logs.filter((file) => file.startsWith("PredictBoosted")).sort(), [
      "PredictBoosted-2.log",
      "PredictBoosted-3.log",
      "PredictBoosted.log",
    ]);
    const rows = readFileSync(join(objects, "team-bucket", "data", "rows.csv"), "utf8").trim();
    const actual = rows.split("\n").slice(400).map(Number.parseFloat);
    for (const predictions of [forest, boosted]) {
      equal(predictions.length, 100);
      ok(predictions.every((one, index) => Math.abs(one - (actual[index] ?? 0)) < 2));
    }
    const other = join(folder, "other");
    mkdirSync(other);
    await extract({
      file: join(bucket, "models", `${record.id}-Train`, "output", "output.tar.gz"),
      cwd: other,
    });
    deepEqual(JSON.parse(readFileSync(join(other, "given.json"), "utf8")), [
      ["train.py", "--n-estimators", "7", "--name", "a b", "--scale", "1.0"],
      "__main__",
      "code",
    ]);
  });

  it("reuses all jobs of scripts the second time if their steps have a CacheConfig", async () => {
    const { code: exitCode, record } = await run(cachedIn(folder, "script"));
    equal(exitCode, 1);
    const again = ["Prepare", "Train", "Tune", "Boost", "PredictForest", "PredictBoosted"];
    for (const { detail, name } of record.steps.filter((step) => again.includes(step.name))) {
      match(detail ?? "", /^as in execution/, name);
    }
  });

  it("refuses code that cannot run here before anything runs", async () => {
    const file = join(changed, "script.json");
    const { code: exitCode, stderr } = await local([
      ...["--definition", file, "--s3", join(changed, "objects")],
      ...["--work-folder", join(changed, "work"), "--quiet"],
    ]);
    equal(exitCode, 1);
    const problems = stderr.replaceAll(/s3:\S+sourcedir\.tar\.gz/g, "CODE");
    const missing =
      'requirements.txt: "no-such-package==1.0" is not installed, and a run installs nothing; ' +
      "`.venv/bin/python -m pip install 'no-such-package==1.0'` does";
    const editable = 'requirements.txt: "-e ." is not a package, so it is not installed';
    equal(
      problems,
      "error: the definition cannot run:\n" +
        ["Train", "Tune"]
          .flatMap((step) => [missing, editable].map((text) => `  step "${step}", CODE: ${text}\n`))
          .join("") +
        '  step "Boost", CODE: setup.py: the image installs the code as a package, which the local run does not; ' +
        "without the file, the script finds the modules beside it\n",
    );
  });

  const reports: readonly (readonly [string, string, RegExp])[] = [
    ["is not there", "", /^step Measure has not written its property file Report, s3:\/\/team-/],
    ["is not JSON", "{'a': 1}", /^the property file Report of step Measure is not JSON: /],
  ];
  for (const [what, content, message] of reports) {
    it(`fails the step that reads a property file that ${what}`, async () => {
      const written =
        content === ""
          ? ""
          : `open("/opt/ml/processing/report/report.json", "w").write("${content}")`;
      writeFileSync(join(objects, "team-bucket", "code", "measure.py"), written);
      const { code, record } = await run("train");
      equal(code, 1);
      match(record.failureReason ?? "", message);
      equal(states(record)["Check"], "Failed");
    });
  }

  it("fails with a message joined with a parameter's number, and refuses a bare number", async () => {
    const failing = (message: JsonObject): string =>
      writeDefinition(folder, {
        Version: "2020-12-01",
        Parameters: [{ Name: "Limit", Type: "Float", DefaultValue: 0.5 }],
        Steps: [{ Name: "Fail", Type: "Fail", Arguments: { ErrorMessage: message } }],
      });
    const limit = { Get: "Parameters.Limit" };
    const path = failing({ "Std:Join": { On: " ", Values: ["below", limit] } });
    const { stderr, stdout } = await local(["--definition", path, "--work-folder", workFolder]);
    equal(stderr, "error: step Fail failed: below 0.5\n");
    // There is no candidate, so no table of them.
    match(stdout, /^Report: .*\n$/m);
    equal(stdout.includes("Candidate"), false);
    const bare = await local(["--definition", failing(limit), "--work-folder", workFolder]);
    match(bare.stderr, /step "Fail", Arguments\.ErrorMessage: .* is of type Float, .* String/);
  });

  it("refuses missing inputs by the name of their object", async () => {
    const definition = JSON.parse(readFileSync(join(folder, "train.json"), "utf8")) as object;
    const other = JSON.stringify(definition).replace("data/rows.csv", "data/nothing.csv");
    const path = writeDefinition(folder, JSON.parse(other) as Record<string, unknown>);
    const { code, stderr } = await local([
      ...["--definition", path, "--s3", objects, "--work-folder", workFolder, "--quiet"],
    ]);
    equal(code, 1);
    equal(
      stderr,
      "error: step Split failed: there is no object at s3://team-bucket/data/nothing.csv\n",
    );
    const none = ["--definition", path, "--s3", join(folder, "nowhere")];
    match((await local(none)).stderr, /^error: --s3: folder does not exist: /);
  });
});
