import { inSeconds, type Listing, significant, toTheSecond } from "./listing";

/** An execution in the table of executions. */
export interface ListedExecution {
  readonly id: string;
  readonly pipelineName?: string;
  /** ISO 8601. */
  readonly startTime: string;
  readonly status: string;
  /** Undefined if the list does not contain its end. */
  readonly seconds?: number;
  /** The candidate that was registered. */
  readonly winner?: {
    readonly name: string;
    readonly r2: number;
    readonly group?: string;
    readonly version: number;
    /** The column that weights R²; undefined: all rows count the same. */
    readonly sampleWeight?: string | undefined;
  };
  /** The result of its challenge of the champion, which is only read if it registered no model. */
  readonly challenge?: {
    readonly champion?: { readonly version: number; readonly r2?: number | undefined } | undefined;
  };
}

/** A trial in the table of trials. */
interface ListedTrial {
  readonly step: string;
  /** Number among the step's trials, from 0. */
  readonly number: number;
  readonly status: string;
  readonly objective?: number;
  /** Whether a higher objective is better. Default: false. */
  readonly maximised?: boolean;
  readonly seconds?: number;
  readonly hyperparameters: Readonly<Record<string, string>>;
}

/** A model package in the table of model packages. */
export interface ListedModel {
  readonly group: string;
  readonly version: number;
  /** Empty if the package does not name it. */
  readonly candidate: string;
  /** The table that it was trained on, and the column that it predicts; undefined if the package does not name them. */
  readonly table?: string;
  readonly target?: string;
  /** On the test data. */
  readonly r2?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly approvalStatus: string;
  /** ISO 8601. */
  readonly creationTime: string;
}

/** R², marked if a column weights it. */
function shownR2(r2: number | undefined, sampleWeight: string | undefined): string {
  return `${significant(r2, 4)}${sampleWeight === undefined ? "" : " (weighted)"}`;
}

/** The table of executions, in the order given. */
export function executionListing(
  executions: readonly ListedExecution[],
  items: readonly unknown[] = executions,
): Listing {
  const several = new Set(executions.map(({ pipelineName }) => pipelineName)).size > 1;
  return {
    head: [
      ...["Execution", ...(several ? ["Pipeline"] : [])],
      ...["Started", "Status", "Seconds", "Winner", "R²", "Version"],
    ],
    rows: executions.map((execution) => {
      const { challenge, id, pipelineName, seconds, startTime, status, winner } = execution;
      const staying = challenge?.champion;
      return [
        id,
        ...(several ? [pipelineName ?? "-"] : []),
        toTheSecond(startTime),
        status,
        inSeconds(seconds),
        winner?.name ?? (staying === undefined ? "-" : `version ${staying.version} stays`),
        shownR2(winner?.r2 ?? staying?.r2, winner?.sampleWeight),
        winner?.version ?? "-",
      ];
    }),
    items,
  };
}

/** The table of trials, by step, the best of each first. */
export function trialListing(trials: readonly ListedTrial[]): Listing {
  const loss = ({ maximised = false, objective }: ListedTrial): number =>
    objective === undefined ? Infinity : maximised ? -objective : objective;
  const sorted = [...trials].sort((left, right) => {
    const [one, other] = [loss(left), loss(right)];
    return left.step.localeCompare(right.step) || (one === other ? 0 : one - other);
  });
  return {
    head: ["Step", "Trial", "Status", "Objective", "Seconds", "Hyperparameters"],
    rows: sorted.map((trial) => [
      trial.step,
      trial.number + 1,
      trial.status,
      significant(trial.objective, 6),
      inSeconds(trial.seconds),
      Object.entries(trial.hyperparameters)
        .map(([name, value]) => `${name}=${value}`)
        .join("\n"),
    ]),
    items: sorted,
  };
}

/** The table of model packages, in the order given. */
export function modelListing(
  models: readonly ListedModel[],
  items: readonly unknown[] = models,
): Listing {
  // Table and target are shown if there are several.
  const tables = new Set(models.map(({ table, target }) => `${table ?? ""} ${target ?? ""}`)).size;
  return {
    head: [
      ...["Group", "Version", ...(tables > 1 ? ["Table", "Target"] : []), "Candidate"],
      ...["R²", "Status", "Registered"],
    ],
    rows: models.map((model) => [
      model.group,
      model.version,
      ...(tables > 1 ? [model.table ?? "-", model.target ?? "-"] : []),
      model.candidate,
      shownR2(model.r2, model.metadata?.["SampleWeight"]),
      model.approvalStatus,
      toTheSecond(model.creationTime),
    ]),
    items,
  };
}
