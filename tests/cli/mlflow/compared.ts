import { type Run, tagOf } from "./servers";

/** What a run says, without what MLflow names itself, and what only records of this machine say of a trial. */
export function plain(run: Run, runs: readonly Run[]): object {
  const { end_time, run_name, start_time, status } = run.info;
  const parent = tagOf(run, "mlflow.parentRunId");
  const isTrial = run_name.startsWith("trial ");
  const sorted = <Value extends { readonly key: string }>(all: readonly Value[] = []): Value[] =>
    [...all].sort((left, right) => left.key.localeCompare(right.key));
  return {
    ...{ run_name, status, start_time, end_time },
    parent: runs.find(({ info }) => info.run_id === parent)?.info.run_name,
    metrics: sorted(run.data.metrics)
      .filter(({ key }) => !isTrial || key === "validation:rmse")
      .map((one) => (isTrial ? { ...one, step: 0 } : one)),
    params: sorted(run.data.params),
    tags: sorted(run.data.tags).filter(
      ({ key }) => !/^mlflow\.(?!runName)|^restate\.content/.test(key),
    ),
  };
}

/** An answer without ids of experiments and times of logging, and with names of runs instead of ids. */
export function withoutIds(answer: unknown, runs: readonly Run[], artifactStore: string): unknown {
  const text = JSON.stringify(answer, (key, value: unknown) =>
    /_timestamp$|^user_id$/.test(key) ? undefined : value,
  );
  return JSON.parse(
    runs
      .reduce((all, { info }) => all.replaceAll(info.run_id, info.run_name), text)
      .replaceAll(new RegExp(`${artifactStore}/\\d+`, "g"), artifactStore),
  );
}
