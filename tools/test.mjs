// Runs all suites: `npm test`. Arguments are files or folders: `npm test -- tests/local`. With --fast (`npm run test:fast`)
// it skips slow files. Ends with a list of what was skipped and why, and the totals.

import { spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { projectPython, pythonEnvironment } from "./python.mjs";

/** Slow test files, by what they wait for. They start first, so that none is left for the end. */
const slow = {
  Docker: ["tests/local/docker.test.ts", "tests/container/test_image.py"],
  "the Pulumi engine": [
    "tests/engine",
    "tests/serving/lifecycle.test.ts",
    "tests/serving/cli.test.ts",
  ],
  Spark: [
    "tests/local/standins/test_casts_spark.py",
    "tests/local/standins/test_columns_spark.py",
    "tests/local/standins/test_custom_code_spark.py",
    "tests/local/standins/test_encoding_spark.py",
    "tests/local/standins/test_joins_spark.py",
    "tests/local/standins/test_numbers_spark.py",
    "tests/local/standins/test_output_columns_spark.py",
    "tests/local/standins/test_texts_spark.py",
  ],
  "a browser": ["tests/cli/exportMlflow.test.ts", "tests/report/report.test.ts"],
  "long local runs": [
    "tests/cli/local.test.ts",
    "tests/cli/ownImage.test.ts",
    "tests/cli/watchSources.test.ts",
    "tests/local/badInput.test.ts",
    "tests/local/badState.test.ts",
    "tests/local/cache.test.ts",
    "tests/local/champion.test.ts",
    "tests/local/dataWrangler.test.ts",
    "tests/local/foreign.test.ts",
    "tests/local/ownTable.test.ts",
    "tests/local/prefixes.test.ts",
    "tests/local/resume.test.ts",
    "tests/local/run.test.ts",
    "tests/local/sampleWeight.test.ts",
    "tests/local/servedRows.test.ts",
    "tests/local/strangeTables.test.ts",
    "tests/local/terminal.test.ts",
    "tests/local/unauthorizedRun.test.ts",
    "tests/local/warmStart.test.ts",
    "tests/local/standins/test_tuner.py",
    "tests/local/standins/test_xgboost.py",
    "tests/local/standins/test_xgboost_serving.py",
  ],
  "the commands of guides, examples and notebooks": [
    "tests/docs",
    "tests/examples",
    "tests/notebooks",
  ],
  "the SageMaker SDK": [
    "tests/local/api/test_sagemaker_sdk.py",
    "tests/local/api/test_sagemaker_sdk_v3.py",
    "tests/pipeline/language/sdkDefinitions.test.ts",
    "tests/pipeline/test_model_card.py",
    "tests/pipeline/test_requests.py",
    "tests/pipeline/test_sdk.py",
    "tests/pipeline/test_sdk_steps.py",
  ],
  "processes of their own": [
    "tests/cli/bothWorlds.test.ts",
    "tests/cli/init.test.ts",
    "tests/cli/initRefusals.test.ts",
    "tests/cli/initTable.test.ts",
    "tests/cli/test_init_on_terminal.py",
    "tests/container/test_serve.py",
    "tests/container/test_train.py",
    "tests/local/api/test_boto3.py",
    "tests/local/api/test_endpoints.py",
    "tests/local/api/test_errors.py",
    "tests/local/api/test_lists.py",
    "tests/local/api/test_logs.py",
    "tests/local/api/test_storage.py",
    "tests/local/jobs.test.ts",
    "tests/local/standins/test_jobs.py",
    "tests/pipeline/diff.test.ts",
    "tests/pipeline/test_drift_job.py",
    "tests/pipeline/test_challenge.py",
    "tests/pipeline/test_evaluate.py",
    "tests/pipeline/test_preprocess.py",
    "tests/tools/restate.test.ts",
    "tests/tools/setup.test.ts",
  ],
};

/** Lines of each failure to repeat at the end of the output, so that a log that is cut in the middle still has them. */
const shownLines = { first: 4, last: 20 };

/**
 * Runs a command, and returns its output with the exit code.
 * @param turn resolves when it may show its output, after that of the command beside it
 */
function run(command, args, env, turn = Promise.resolve()) {
  return new Promise((done) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    const chunks = [];
    let show = () => undefined;
    turn.then(() => {
      process.stdout.write(Buffer.concat(chunks));
      show = (chunk) => process.stdout.write(chunk);
    });
    child.stdout.on("data", (chunk) => {
      chunks.push(chunk);
      show(chunk);
    });
    child.on("error", (error) => {
      process.stderr.write(`error: cannot run ${command}: ${error.message}\n`);
      done({ code: 1, output: "" });
    });
    child.on("close", (code) => {
      done({ code: code ?? 1, output: Buffer.concat(chunks).toString() });
    });
  });
}

/** Removes colour codes from an output. */
function plain(output) {
  // eslint-disable-next-line no-control-regex
  return output.replace(/\u001b\[[0-9;]*m/g, "");
}

/** The number before a word in a runner's summary, such as `12 passing`. */
function count(output, word) {
  const found = [...plain(output).matchAll(new RegExp(`(\\d+) ${word}\\b`, "g"))].at(-1);
  return Number(found?.[1] ?? 0);
}

/** The file of a test named as `file.py::test`. */
function fileOf(path) {
  return path.replace(/::.*/, "");
}

/** The test files below paths whose names match a pattern: the slow ones by what they wait for, and the others. */
function testFiles(paths, pattern) {
  const files = paths.flatMap((path) =>
    existsSync(path) && statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true }).map((name) => join(path, name))
      : [path],
  );
  const found = [...new Set(files)].filter((file) => pattern.test(file)).sort();
  const among = (slowPaths) => (file) =>
    slowPaths.some((path) => fileOf(file) === path || file.startsWith(`${path}/`));
  const groups = Object.values(slow).map((slowPaths) => found.filter(among(slowPaths)));
  return {
    slow: groups.filter((group) => group.length > 0),
    quick: found.filter((file) => !groups.flat().includes(file)),
  };
}

/** Deals files to a number of shares of about the same size, measured in bytes. */
function deal(files, number) {
  const shares = Array.from({ length: number }, () => ({ bytes: 0, files: [] }));
  const sized = files.map((file) => ({ file, bytes: statSync(fileOf(file)).size }));
  for (const { file, bytes } of sized.sort((one, other) => other.bytes - one.bytes)) {
    const smallest = shares.reduce((one, other) => (other.bytes < one.bytes ? other : one));
    smallest.files.push(file);
    smallest.bytes += bytes;
  }
  return shares.map((share) => share.files).filter((share) => share.length > 0);
}

/** Runs pytest on shares of files, a few at a time; shows the output of each after `turn` and those before it. */
async function runPytest(shares, processes, turn) {
  const waiting = [...shares];
  const results = [];
  const runNext = async () => {
    for (let files = waiting.shift(); files !== undefined; files = waiting.shift()) {
      const args = ["-m", "pytest", "-q", "-ra", ...files];
      // With bytecode, whatever the environment says: tests start many Pythons.
      const env = { ...pythonEnvironment(), PYTHONDONTWRITEBYTECODE: "" };
      const ended = run(projectPython(), args, env, turn);
      turn = Promise.all([turn, ended]);
      results.push(await ended);
    }
  };
  await Promise.all(Array.from({ length: processes }, runNext));
  await turn;
  return results.map(({ code, output }) => ({
    // pytest ends with 5 if it skipped whole files and no tests are left.
    code: code === 5 && count(output, "skipped") > 0 ? 0 : code,
    output,
  }));
}

/** The failures in a runner's output: each test's name, and its message without the stack trace. */
function failures(runner, code, output) {
  const text = plain(output);
  const ofMocha = text
    .split(/^ {2}\d+ failing\n/m)
    .slice(1)
    .flatMap((closing) => closing.split(/^ {2}(?=\d+\) )/m).slice(1));
  const ofPytest = text.match(/^(FAILED|ERROR) \S+\.py\b.*$/gm) ?? [];
  const found = [...ofMocha, ...ofPytest].map((failure) => {
    const lines = (failure.split(/^ +at /m)[0] ?? "").split("\n").filter((line) => line.trim());
    const cut = lines.map((line) => line.trimEnd().slice(0, 200));
    return cut.length <= shownLines.first + shownLines.last
      ? cut
      : [...cut.slice(0, shownLines.first), "      ...", ...cut.slice(-shownLines.last)];
  });
  const named = found.map((lines) => `${lines.join("\n")}\n`);
  return code === 0 || named.length > 0 ? named : [`${runner} ended with exit code ${code}\n`];
}

/** The printed reasons for skipped tests. */
function reasons(output) {
  return [...plain(output).matchAll(/^\s*(?:skipped: |SKIPPED \[\d+\] \S+: )(.*)$/gm)].map(
    ([, reason]) => reason,
  );
}

const args = process.argv.slice(2);
const isFast = args.includes("--fast");
const named = args.filter((one) => one !== "--fast");
const paths = named.length === 0 ? ["tests"] : named;
const workers = Math.min(availableParallelism(), 4);
const total = { passed: 0, failed: 0, skipped: 0 };
const skipped = new Set();
const failed = [];
let succeeded = true;

for (const [who, names] of [
  ["tools/test.mjs", Object.values(slow).flat()],
  ["the command", named],
]) {
  const missing = names.filter((name) => !existsSync(fileOf(name)));
  if (missing.length > 0) {
    process.stderr.write(`error: ${who} names missing files: ${missing.join(", ")}\n`);
    process.exit(1);
  }
}

/** Adds the counts in a runner's output to the totals. */
function add(runner, { code, output }, words) {
  for (const [kind, ...names] of words) {
    total[kind] += names.reduce((sum, name) => sum + count(output, name), 0);
  }
  reasons(output).forEach((reason) => skipped.add(reason));
  failed.push(...failures(runner, code, output));
  succeeded &&= code === 0;
}

const forMocha = testFiles(paths, /\.test\.ts$/);
const forPytest = testFiles(paths, /(^|\/)test_\w+\.py$|\.py::/);
const mochaFiles = [...(isFast ? [] : forMocha.slow.flat()), ...forMocha.quick];
// What waits for the same shares a process, and so one Spark session and one import of the SDK.
const shares = [...(isFast ? [] : forPytest.slow), ...deal(forPytest.quick, workers)];
const hasTests = mochaFiles.length > 0 || shares.length > 0;

// In parallel, because both wait for other processes most of the time.
const mocha =
  mochaFiles.length === 0
    ? Promise.resolve({ code: 0, output: "" })
    : run(
        process.execPath,
        [
          join("node_modules", "mocha", "bin", "mocha.js"),
          "--jobs",
          String(workers),
          ...mochaFiles,
        ],
        process.env,
      );
const pytests = runPytest(shares, workers, mocha);
add("mocha", await mocha, [
  ["passed", "passing"],
  ["failed", "failing"],
  ["skipped", "pending"],
]);
for (const result of await pytests) {
  add("pytest", result, [
    ["passed", "passed"],
    ["failed", "failed", "errors?"],
    ["skipped", "skipped"],
  ]);
}
if (!hasTests) {
  process.stderr.write(`error: there are no tests in ${paths.join(", ")}\n`);
  succeeded = false;
}

if (skipped.size > 0) {
  process.stdout.write(`\nskipped:\n${[...skipped].map((reason) => `  ${reason}\n`).join("")}`);
}
if (isFast) {
  process.stdout.write("\nskipped by --fast; `npm test` runs them:\n");
  for (const [what, left] of Object.entries(slow)) {
    process.stdout.write(`  ${what}: ${left.join(", ")}\n`);
  }
}
if (failed.length > 0) {
  process.stdout.write(`\nfailed:\n${failed.join("")}`);
}
if (!succeeded && total.failed === 0) {
  total.failed = 1; // a runner that could not run is a failure too
}
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}\n`,
);
process.exitCode = succeeded ? 0 : 1;
