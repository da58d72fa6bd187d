import { equal } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

import { lockedPython } from "../../../local/environments/lockedPython";
import { freePort } from "../../support/ports";

/** A run, as MLflow's REST API answers. */
export interface Run {
  readonly info: {
    readonly run_id: string;
    readonly experiment_id: string;
    readonly run_name: string;
    readonly status: string;
    readonly start_time: number;
    readonly end_time: number;
  };
  readonly data: {
    readonly metrics?: readonly { readonly key: string; readonly value: number }[];
    readonly params?: readonly { readonly key: string; readonly value: string }[];
    readonly tags?: readonly { readonly key: string; readonly value: string }[];
  };
}

export const tagOf = (run: Run, key: string): string | undefined =>
  run.data.tags?.find((one) => one.key === key)?.value;

/** A server of MLflow itself. */
export class MlflowServer {
  constructor(readonly url: string) {}

  async isUp(): Promise<boolean> {
    return fetch(`${this.url}/health`).then(
      ({ ok: isOk }) => isOk,
      () => false,
    );
  }

  async post(path: string, body: object, method = "POST"): Promise<unknown> {
    const answer = await fetch(`${this.url}/api/2.0/mlflow/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return answer.json();
  }

  async get(path: string, query: Readonly<Record<string, string>>): Promise<unknown> {
    const search = new URLSearchParams(query).toString();
    return (await fetch(`${this.url}/api/2.0/mlflow/${path}?${search}`)).json();
  }

  /** All runs of an experiment. */
  async runs(experiment: string): Promise<readonly Run[]> {
    const { experiment: found } = (await this.get("experiments/get-by-name", {
      experiment_name: experiment,
    })) as { experiment: { experiment_id: string } };
    const { runs } = (await this.post("runs/search", {
      experiment_ids: [found.experiment_id],
      max_results: 1000,
    })) as { runs: readonly Run[] };
    return runs;
  }

  /** Renames an experiment and removes its registered model, so that their name is free again. */
  async setAside(name: string): Promise<void> {
    const { experiment } = (await this.get("experiments/get-by-name", {
      experiment_name: name,
    })) as { experiment: { experiment_id: string } };
    const { experiment_id } = experiment;
    await this.post("experiments/update", { experiment_id, new_name: `${name}-aside` });
    await this.post("registered-models/delete", { name }, "DELETE");
  }
}

/** Two servers of MLflow, in one process group. */
export interface MlflowServers {
  /** As `mlflow ui` starts it in a folder. */
  readonly ui: MlflowServer;
  /** One that leaves artifacts to its clients, which put them into a bucket. */
  readonly app: MlflowServer;
  readonly stop: () => Promise<void>;
}

/**
 * Starts both servers.
 * @param artifactRoot the URI of the app's artifact store
 */
export async function startServers(
  folder: string,
  appFolder: string,
  artifactRoot: string,
): Promise<MlflowServers> {
  const lock = resolve(__dirname, "requirements.txt");
  const python = lockedPython({ name: "mlflow-server", title: "MLflow", lock }, () => undefined);
  const [port, appPort] = [await freePort(), await freePort()].map(String) as [string, string];
  const script = resolve(__dirname, "servers.py");
  const child = spawn(python, [script, folder, port, appFolder, appPort, artifactRoot], {
    stdio: "ignore",
    detached: true,
    // Its jobs judge language models, by libraries that the lock leaves out.
    env: {
      ...process.env,
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
      MLFLOW_DISABLE_TELEMETRY: "true",
    },
  });
  const [ui, app] = [port, appPort].map((one) => new MlflowServer(`http://127.0.0.1:${one}`)) as [
    MlflowServer,
    MlflowServer,
  ];
  while (child.exitCode === null && !((await ui.isUp()) && (await app.isUp()))) {
    await new Promise((done) => setTimeout(done, 200));
  }
  equal(child.exitCode, null, "MLflow's servers have not started");
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.pid !== undefined) {
      process.kill(-child.pid, "SIGTERM");
      await once(child, "exit");
    }
  };
  return { ui, app, stop };
}
