import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";

import type { Browser, Page } from "puppeteer-core";

import { stackProgram } from "../../cli/stackProgram";
import { openMachine } from "../../cli/world";
import type { World } from "../../sageMaker/world";
import { ensurePipeline } from "../../local/api/pipelines";
import { serveApi } from "../../local/api/server";
import type { ServedApi } from "../../local/environments/awsServices";
import { logToMlflow } from "../../local/environments/mlflow";
import { pythonInterpreter } from "../../local/environments/python";
import { canonicalJson } from "../../pipeline/language/canonicalJson";
import { findBrowser, startBrowser } from "../../tools/browser";
import { commandLine } from "../support/commandLine";
import { housingRows, writeRows } from "../support/housing";
import { local, smallDefinition, temporaryFolder, writeDefinition } from "../support/localRun";
import { plain, withoutIds } from "./mlflow/compared";
import {
  type MlflowServer,
  type MlflowServers,
  type Run,
  startServers,
  tagOf,
} from "./mlflow/servers";
import { credentials, noCredentials } from "./stack";

const silent = (): void => undefined;

/** The MLflow app of a stack, as its definition names it, and its artifact store. */
const ownApp = "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/app-ABCD1234";
const tracked = {
  MlflowConfig: { MlflowResourceArn: ownApp, MlflowExperimentName: "restate-dev" },
};
const artifactStore = "s3://sagemaker-restate-dev-111122223333/mlflow";

/** Runs the script of the job that logs executions in AWS, against an emulated API. */
async function runScript(
  mlflow: string,
  api: string,
  execution: string,
): Promise<{ readonly code: number; readonly stderr: string; readonly stdout: string }> {
  const script = resolve(__dirname, "..", "..", "pipeline", "scripts", "log_executions.py");
  const pipeline = "arn:aws:sagemaker:us-east-1:111122223333:pipeline/restate-dev";
  const args = [
    ...["--app", ownApp, "--pipeline", "restate-dev", "--model-package-group", "restate-dev"],
    ...["--own-execution", `${pipeline}/execution/${execution}`, "--message", "/dev/null"],
  ];
  const known = { ...process.env, ...noCredentials, ...credentials, AWS_ENDPOINT_URL: api };
  const env = {
    // botocore would look for a profile with an empty name.
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== "")),
    SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT: mlflow,
  };
  return new Promise((done) => {
    execFile(pythonInterpreter(), [script, ...args], { env }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : 1, stderr, stdout });
    });
  });
}

describe("export mlflow", function () {
  const folder = temporaryFolder();
  const workFolder = join(folder, "work");
  const store = join(folder, "store");
  const data = join(folder, "housing.data");
  let servers: MlflowServers;
  let server: MlflowServer;
  let succeeded: string;
  let failed: string;
  let winner: string;

  const exported = (...args: readonly string[]): ReturnType<typeof local> =>
    local(["export", "mlflow", ...args, "--work-folder", workFolder]);

  before(async () => {
    writeRows(data, housingRows(800));
    const definition = writeDefinition(folder, { ...(await smallDefinition()), ...tracked });
    const run = async (
      ...more: readonly string[]
    ): Promise<{ readonly execution: string; readonly winner: string | null }> => {
      const own = ["--definition", definition, "--data", data, "--work-folder", workFolder];
      const { stderr, stdout } = await local([...own, "--json", "--quiet", ...more]);
      match(
        stderr,
        /^MLflow: .* log this one with `npm run local -- export mlflow .* --to FOLDER /m,
      );
      return JSON.parse(stdout) as { execution: string; winner: string | null };
    };
    failed = (await run("--parameter", "MinimumR2=0.9999")).execution;
    const last = await run();
    succeeded = last.execution;
    winner = last.winner ?? "";
    const first = join(folder, "first");
    const ended = await exported("--all", "--to", first);
    equal(ended.code, 0, ended.stderr);
    match(ended.stderr, /2 executions: 18 runs logged, 0 there already/);
    equal(ended.stdout, `${first}\n`);
    // Artifacts are found in the folder wherever it is.
    renameSync(first, store);
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere);
    servers = await startServers(store, elsewhere, artifactStore);
    server = servers.ui;
  });

  after(async () => {
    await (servers as MlflowServers | undefined)?.stop();
  });

  it("logs nested runs for each execution, candidate and trial", async () => {
    const runs = await server.runs("restate-dev");
    const [execution] = runs.filter(({ info }) => info.run_name === succeeded);
    ok(execution);
    equal(execution.info.status, "FINISHED");
    equal(tagOf(execution, "sagemaker.winner"), winner);
    const below = (parent: Run): readonly string[] =>
      runs
        .filter((run) => tagOf(run, "mlflow.parentRunId") === parent.info.run_id)
        .map(({ info }) => info.run_name)
        .sort();
    deepEqual(below(execution), ["DecisionTree", "XGBoost"]);
    const candidates = runs.filter(
      (run) => tagOf(run, "mlflow.parentRunId") === execution.info.run_id,
    );
    for (const candidate of candidates) {
      deepEqual(below(candidate), ["trial 1", "trial 2", "trial 3"]);
    }
    const [other] = runs.filter(({ info }) => info.run_name === failed);
    ok(other);
    equal(other.info.status, "FAILED");
    match(tagOf(other, "sagemaker.failure_reason") ?? "", /No candidate reaches R2 0.9999/);
  });

  it("logs each trial's objective by its number, and its course by iteration", async () => {
    const runs = await server.runs("restate-dev");
    const { stdout } = await local(["trials", succeeded, "--json", "--work-folder", workFolder]);
    const trials = (
      JSON.parse(stdout) as { step: string; number: number; objective: number; startTime: string }[]
    )
      .filter(({ step }) => step === "TuneXGBoost")
      .sort((left, right) => left.number - right.number);
    const execution = runs.find(({ info }) => info.run_name === succeeded)?.info.run_id;
    const candidate = runs.find(
      (run) => run.info.run_name === "XGBoost" && tagOf(run, "mlflow.parentRunId") === execution,
    );
    ok(candidate);
    const history = async (run: Run, metric: string): Promise<readonly (readonly number[])[]> => {
      const { metrics } = (await server.get("metrics/get-history", {
        run_id: run.info.run_id,
        metric_key: metric,
      })) as { metrics: { step: number; value: number; timestamp: number }[] };
      // Trials end in another order where several run at once.
      return metrics
        .map(({ step, value }) => [step, value] as const)
        .sort(([one], [other]) => one - other);
    };
    deepEqual(
      await history(candidate, "validation:rmse"),
      trials.map(({ number, objective }) => [number + 1, objective]),
    );
    let best = Infinity;
    deepEqual(
      await history(candidate, "best validation:rmse"),
      trials.map(({ number, objective }) => [number + 1, (best = Math.min(best, objective))]),
    );
    const [first] = runs.filter(
      (run) =>
        run.info.run_name === "trial 1" &&
        tagOf(run, "mlflow.parentRunId") === candidate.info.run_id,
    );
    ok(first);
    equal(first.info.start_time, Date.parse(trials[0]?.startTime ?? ""));
    const course = await history(first, "validation:rmse");
    deepEqual(
      course.map(([step]) => step),
      Array.from({ length: 20 }, (_, step) => step),
    );
    equal(course.at(-1)?.[1], trials[0]?.objective);
  });

  it("creates nothing twice, repeats what was left unfinished, and updates the approval status of models", async () => {
    const before = await server.runs("restate-dev");
    const versions = async (): Promise<readonly Record<string, unknown>[]> => {
      const answer = (await server.get("model-versions/search", {})) as {
        model_versions: Record<string, unknown>[];
      };
      return answer.model_versions;
    };
    const [registered, ...none] = await versions();
    deepEqual(none, []);
    const own = before.find(({ info }) => info.run_id === registered?.["run_id"]);
    equal(own?.info.run_name, winner);
    equal(registered?.["name"], "restate-dev");
    // A call that was interrupted leaves a run that has not ended.
    const unfinished = before.find(({ info }) => info.run_name === "trial 2")?.info.run_id;
    await server.post("runs/update", { run_id: unfinished, status: "RUNNING" });
    const args = ["approve", "1", "--comment", "better on the coast", "--work-folder", workFolder];
    equal((await local(args)).code, 0);
    match((await exported("--all", "--to", store)).stderr, /1 runs? logged, 17 there already/);
    const after = (await server.runs("restate-dev")).map(({ info }) => info.run_id);
    equal(after.length, 18);
    deepEqual(
      before.map(({ info }) => info.run_id).filter((id) => !after.includes(id)),
      [unfinished],
    );
    const [approved] = await versions();
    equal(approved?.["description"], "better on the coast");
    const tags = approved["tags"] as readonly { readonly key: string; readonly value: string }[];
    equal(tags.find(({ key }) => key === "sagemaker.approval_status")?.value, "Approved");
    const alias = (await server.get("registered-models/alias", {
      name: "restate-dev",
      alias: "approved",
    })) as { model_version: { version: string } };
    equal(alias.model_version.version, "1");
  });

  it("logs the same for a stack in AWS to its own app, except for what only local records contain", async () => {
    const { app } = servers;
    const options = { workFolder, data };
    const program = await stackProgram({});
    const emulated: World = openMachine(options, { program });
    let api: ServedApi | undefined;
    try {
      ok(emulated.machine);
      ensurePipeline(emulated.machine, program);
      api = await serveApi(emulated.machine, 0);
      const [pipeline] = await emulated.pipelines();
      const outputs = join(folder, "outputs.json");
      const exports = {
        ...{ outputsVersion: "1", region: program.region, ...pipeline },
        ...{ pipelineDefinition: canonicalJson({ ...program.definition, ...tracked }) },
        modelPackageGroupName: "restate-dev",
      };
      writeFileSync(outputs, JSON.stringify(exports));
      const exported = (...to: readonly string[]) =>
        commandLine(["export", "mlflow", succeeded, ...to, "--outputs", outputs], {
          ...{ ...noCredentials, ...credentials, AWS_ENDPOINT_URL: api?.url ?? "" },
          SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT: app.url,
        });
      const ended = await exported();
      equal(ended.code, 0, ended.stderr);
      equal(ended.stdout, `${ownApp}\n`);
      const [here, there] = [await server.runs("restate-dev"), await app.runs("restate-dev")];
      equal(there.length, 9);
      const ofOne = (runs: readonly Run[]): readonly Run[] => {
        const [first] = there;
        const arn = first && tagOf(first, "sagemaker.pipeline_execution_arn");
        return runs.filter((run) => tagOf(run, "sagemaker.pipeline_execution_arn") === arn);
      };
      const listed = (runs: readonly Run[]): readonly string[] =>
        ofOne(runs)
          .map((run) => JSON.stringify(plain(run, runs)))
          .sort();
      deepEqual(listed(there), listed(here));
      const registered = async (): Promise<readonly unknown[]> => {
        const paths = ["model-versions/search", "registered-models/search"];
        const runs = await app.runs("restate-dev");
        return Promise.all(
          paths.map(async (path) => withoutIds(await app.get(path, {}), runs, artifactStore)),
        );
      };
      const exportedModels = await registered();
      await app.setAside("restate-dev");
      // The job in AWS logs what the export logs, so the export finds it.
      const job = async (): Promise<string> => {
        const { code, stderr, stdout } = await runScript(app.url, api?.url ?? "", failed);
        equal(code, 0, stderr);
        return stdout.replaceAll(/arn:\S+\//g, "");
      };
      equal(await job(), `${failed}: 9 runs logged\n${succeeded}: 9 runs logged\n`);
      equal(await job(), "");
      const all = ["--all", "--to", app.url, "--outputs", outputs];
      const again = await commandLine(["export", "mlflow", ...all], {
        ...{ ...noCredentials, ...credentials, AWS_ENDPOINT_URL: api.url },
      });
      match(again.stderr, /2 executions: 0 runs logged, 18 there already/);
      deepEqual(listed(await app.runs("restate-dev")), listed(there));
      deepEqual(await registered(), exportedModels);
      // As in an app, the client puts artifacts into the bucket.
      const [run] = there.filter(({ info }) => info.run_name === succeeded);
      const { experiment_id, run_id } = run?.info ?? {};
      const folderOf = `${artifactStore}/${experiment_id}/${run_id}/artifacts/`;
      deepEqual(
        emulated.machine.store.objectsAt(folderOf).map(({ name }) => name),
        ["definition.json", "report.html"],
      );
    } finally {
      await api?.close();
      await emulated.close();
    }
  });

  it("logs to a SageMaker MLflow app with signed requests that name it, also a rejection", async () => {
    equal((await local(["reject", "1", "--work-folder", workFolder])).code, 0);
    const app = "arn:aws:sagemaker:eu-west-1:111122223333:mlflow-app/app-ABCD1234";
    const heard = new Set<string>();
    // In the place of mlflow.sagemaker.eu-west-1.app.aws: notes what is signed, and hands it to MLflow's own server.
    const proxy = createHttpServer((request, response) => {
      const { authorization = "", "x-sm-mlflow-app-arn": named } = request.headers;
      const [, scope = authorization] =
        /Credential=testing\/\d{8}\/([^,]+),/.exec(authorization) ?? [];
      heard.add(`${scope} ${String(named)}`);
      const { port } = new URL(server.url);
      const headers = { ...request.headers, host: `127.0.0.1:${port}` };
      const onward = httpRequest(
        { host: "127.0.0.1", port, path: request.url, method: request.method, headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        },
      );
      request.pipe(onward);
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    try {
      const { port } = proxy.address() as AddressInfo;
      const ended = await commandLine(
        ["--local", "export", "mlflow", "--to", app, "--work-folder", workFolder],
        {
          ...noCredentials,
          ...credentials,
          SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT: `http://127.0.0.1:${port}`,
        },
      );
      equal(ended.code, 0, ended.stderr);
      // The store is the same, so all of the last execution is there.
      match(ended.stderr, /1 execution: 0 runs logged, 9 there already/);
      equal(ended.stdout, `${app}\n`);
      deepEqual([...heard], [`eu-west-1/sagemaker/aws4_request ${app}`]);
      const { error_code: gone } = (await server.get("registered-models/alias", {
        name: "restate-dev",
        alias: "approved",
      })) as { error_code?: string };
      equal(gone, "INVALID_PARAMETER_VALUE");
    } finally {
      proxy.close();
      await once(proxy, "close");
    }
  });

  it("replaces the runs of an execution that was continued", async () => {
    const trial = {
      ...{ trainingJobName: "job-1", number: 0, status: "Failed", seconds: 1, metrics: {} },
      ...{ startTime: "2026-01-01T00:00:00Z", hyperparameters: { depth: "3" } },
      ...{ objectiveMetric: "validation:rmse", failureReason: "ClientError" },
    };
    const execution = (status: string, trials: readonly object[]): object => ({
      ...{ pipelineName: "continued", id: "one", arn: "arn:one", status, seconds: 5, winner: null },
      challenge: "the champion stays",
      ...{ startTime: "2026-01-01T00:00:00Z", parameters: { MinimumR2: 0.5 }, artifacts: [] },
      candidates: [
        {
          ...{ name: "Tree", tuningStep: "TuneTree", status, objectiveMetric: "validation:rmse" },
          ...{ maximised: false, hyperparameters: {}, metrics: {}, trials, artifacts: [] },
        },
      ],
    });
    const log = async (one: object): Promise<object> => {
      const path = join(folder, "facts.json");
      writeFileSync(path, JSON.stringify({ executions: [one], models: [] }));
      return logToMlflow(path, server.url, silent);
    };
    deepEqual(await log(execution("Failed", [trial])), { created: 3, kept: 0, models: 0 });
    const later = { ...trial, trainingJobName: "job-2", status: "Completed", objective: 2 };
    deepEqual(await log(execution("Succeeded", [later])), { created: 3, kept: 0, models: 0 });
    const runs = await server.runs("continued");
    const [one] = runs.filter(({ info }) => info.run_name === "one");
    equal(one && tagOf(one, "restate.challenge"), "the champion stays");
    deepEqual(runs.map((run) => [run.info.run_name, run.info.status]).sort(), [
      ["Tree", "FINISHED"],
      ["one", "FINISHED"],
      ["trial 1", "FINISHED"],
    ]);
  });

  it("refuses an execution that does not exist, and a server that does not answer", async () => {
    const unknown = await exported("nosuch", "--to", join(folder, "none"));
    equal(unknown.code, 1);
    match(unknown.stderr, /has no execution nosuch/);
    const both = await exported("--all", succeeded, "--to", store);
    match(both.stderr, /--all and the name of an execution: give one of them/);
    const wrong = await exported("--to", "arn:aws:s3:::bucket");
    match(
      wrong.stderr,
      /--to: arn:aws:s3:::bucket is not a store; it is a folder, an address such as/,
    );
    const file = await exported("--to", __filename);
    match(file.stderr, /^error: --to: .*exportMlflow\.test\.ts is a file, not a folder\n$/);
    const to = ["export", "mlflow", "--work-folder", workFolder, "--to", "http://127.0.0.1:9"];
    const gone = await local(to, { MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0" });
    equal(gone.code, 1);
    match(gone.stderr, /error: http:\/\/127\.0\.0\.1:9: MLflow: API request to .* failed/);
    const missing = await exported();
    match(missing.stderr, /--to is missing: name a store, such as a folder; only a stack in AWS/);
  });

  describe("in a browser", () => {
    const path = findBrowser();
    let browser: Browser;

    before(async function () {
      if (path === undefined) {
        console.log("    skipped: there is no Chromium or Chrome on the path");
        this.skip();
      }
      browser = await startBrowser(path);
    });

    after(async () => {
      await (browser as Browser | undefined)?.close();
    });

    let page: Page;
    beforeEach(async () => {
      page = await browser.newPage();
      await page.setViewport({ width: 1500, height: 1000 });
    });
    afterEach(() => page.close());

    /** Waits until a place shows some texts, which the places before it in a test do not. */
    async function shown(place: string, ...texts: readonly string[]): Promise<void> {
      await page.goto(`${server.url}/#/${place}`);
      await page.waitForFunction(
        (wanted: readonly string[]) => {
          const { innerText } = (
            globalThis as unknown as { document: { body: { innerText: string } } }
          ).document.body;
          return wanted.every((text) => innerText.includes(text));
        },
        { timeout: 120_000 },
        texts,
      );
    }

    it("shows executions with their candidates below them", async () => {
      await shown("experiments/1/runs", succeeded, failed);
      const links = "[row-index] a[href*='/runs/']";
      const rows = async (): Promise<readonly string[]> =>
        page.$$eval(links, (found) =>
          (found as unknown as readonly { readonly textContent: string }[]).map(
            ({ textContent }) => textContent,
          ),
        );
      deepEqual(await rows(), [succeeded, failed]);
      const expander = "button[data-component-id*='runnamecellrenderer']";
      await (await page.waitForSelector(expander))?.click();
      await page.waitForFunction(
        (count: number, links: string) =>
          (
            globalThis as unknown as {
              document: { querySelectorAll: (one: string) => ArrayLike<unknown> };
            }
          ).document.querySelectorAll(links).length === count,
        { timeout: 60_000 },
        4,
        links,
      );
      deepEqual([...(await rows())].sort(), ["DecisionTree", "XGBoost", failed, succeeded].sort());
    });

    it("shows a candidate's metrics by step, its artifacts and its model", async () => {
      const runs = await server.runs("restate-dev");
      const execution = runs.find(({ info }) => info.run_name === succeeded)?.info.run_id ?? "";
      const candidate =
        runs.find(
          (run) =>
            run.info.run_name === "XGBoost" && tagOf(run, "mlflow.parentRunId") === execution,
        )?.info.run_id ?? "";
      const place = `experiments/1/runs/${candidate}`;
      await shown(place, "max_depth", "best validation:rmse", "r2_low");
      // The tab of artifacts looks at its address only when it opens.
      await shown(`${place}/artifacts/evaluation/evaluation.json`, "regression_metrics");
      await shown(`${place}/model-metrics`, "XGBoost (best validation:rmse)", "Step");
      await shown(`${place}/artifacts/model/model.tar.gz`, "model.tar.gz");
    });

    it("shows the registered model", async () => {
      await shown("models/restate-dev", "Version 1", "sagemaker.approval_status", winner);
    });
  });

  it("has the same versions in the locks of MLflow's client and server", () => {
    const version = (lock: string): string | undefined =>
      /^mlflow-skinny==(\S+)/m.exec(
        readFileSync(resolve(__dirname, "..", "..", lock), "utf8"),
      )?.[1];
    equal(version("local/mlflow/requirements.txt"), version("tests/cli/mlflow/requirements.txt"));
  });
});
