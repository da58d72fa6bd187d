/* eslint-disable @typescript-eslint/no-require-imports -- a verb and the clients that it needs are loaded when it is called */
import type { Command } from "commander";

import type { Terminal } from "./terminal";

/** A verb of the command line. */
export interface Verb {
  readonly name: string;
  readonly arguments: string;
  readonly summary: string;
  readonly load: () => (terminal: Terminal) => Command;
  /** Examples for the help, starting with the verb. */
  readonly examples: readonly string[];
}

/** A heading of the help with its verbs. */
interface VerbGroup {
  readonly title: string;
  readonly verbs: readonly Verb[];
}

function verb(
  usage: string,
  summary: string,
  load: Verb["load"],
  ...examples: readonly string[]
): Verb {
  const [name = "", ...words] = usage.split(" ");
  return { name, arguments: words.join(" "), summary, load, examples };
}

/** All verbs, by subject. */
export const verbGroups: readonly VerbGroup[] = [
  {
    title: "Executions",
    verbs: [
      verb(
        "run",
        "run the pipeline and wait: the deployed one, or with --local the current program",
        () => (require("./commands/run") as typeof import("./commands/run")).run,
        "run --parameter MinimumR2=0.7",
        "run --from TuneXGBoost",
      ),
      verb(
        "start",
        "start the pipeline, and print the execution's ARN",
        () => (require("./commands/start") as typeof import("./commands/start")).start,
        "start --wait --parameter MinimumR2=0.7",
        "start --only EvaluateXGBoost",
      ),
      verb(
        "status [execution]",
        "show the steps of an execution, and why it failed",
        () => (require("./commands/status") as typeof import("./commands/status")).status,
        "status --follow",
      ),
      verb(
        "stop [execution]",
        "stop an execution and its running jobs",
        () => (require("./commands/stop") as typeof import("./commands/stop")).stop,
      ),
      verb(
        "retry [execution]",
        "resume an execution that failed or was stopped",
        () => (require("./commands/retry") as typeof import("./commands/retry")).retry,
      ),
      verb(
        "runs",
        "list the latest executions",
        () => (require("./commands/runs") as typeof import("./commands/runs")).runs,
        "runs --max 50 --json",
      ),
      verb(
        "trials [execution]",
        "list the trials of an execution, best first in each step",
        () => (require("./commands/trials") as typeof import("./commands/trials")).trials,
        "trials --csv",
      ),
      verb(
        "logs <step> [execution]",
        "print the log of a step's job, or of all trials of a tuning step, failed ones first",
        () => (require("./commands/logs") as typeof import("./commands/logs")).logs,
        "logs TuneXGBoost --follow",
      ),
      verb(
        "shell <step> [execution]",
        "open a shell, or run a command, in the folder of a failed step's job (with --local)",
        () => (require("./commands/shell") as typeof import("./commands/shell")).shell,
        "shell Preprocess",
        "shell Preprocess -- ls input",
      ),
      verb(
        "compare <execution> <other>",
        "compare two executions",
        () => (require("./commands/compare") as typeof import("./commands/compare")).compare,
      ),
      verb(
        "report [execution]",
        "write the report of an execution, and print its path",
        () => (require("./commands/report") as typeof import("./commands/report")).report,
      ),
      verb(
        "export <format> [execution...]",
        "log executions, with their trials and models, to an MLflow store",
        () => (require("./commands/export") as typeof import("./commands/export")).exportExecutions,
        "export mlflow",
        "export mlflow --to mlflow",
        "export mlflow --all --to http://localhost:5000",
      ),
    ],
  },
  {
    title: "Models",
    verbs: [
      verb(
        "models",
        "list the model packages, latest last",
        () => (require("./commands/models") as typeof import("./commands/models")).models,
      ),
      verb(
        "approve <version>",
        "approve a model package",
        () => (require("./commands/approve") as typeof import("./commands/approve")).approve,
        'approve 3 --comment "better on the coast"',
      ),
      verb(
        "reject <version>",
        "reject a model package",
        () => (require("./commands/reject") as typeof import("./commands/reject")).reject,
      ),
      verb(
        "serve [version]",
        "serve a model package on a local port (default: the latest approved)",
        () => (require("./commands/serve") as typeof import("./commands/serve")).serve,
        "serve 3 --port 8080",
      ),
      verb(
        "simulate [execution]",
        "replay months of requests to a model, with the shifts of a scenario, and report when drift would be detected",
        () => (require("./commands/simulate") as typeof import("./commands/simulate")).simulate,
        "simulate --days 90 --scenario examples/drift.yaml",
      ),
      verb(
        "invoke [endpoint] <rows>",
        "predict a CSV row, or a file of rows, without target and header",
        () => (require("./commands/invoke") as typeof import("./commands/invoke")).invoke,
      ),
    ],
  },
  {
    title: "Definition and data",
    verbs: [
      verb(
        "init [path]",
        "write a stack's configuration for your own table, from its files or from Glue",
        () => (require("./commands/init") as typeof import("./commands/init")).init,
        "init houses.csv --target price",
        "init --table sales.houses --target price",
      ),
      verb(
        "definition",
        "print the pipeline's definition; compare and draw definitions",
        () =>
          (require("./commands/definition") as typeof import("./commands/definition")).definition,
        "definition --stack prod",
        "definition diff dev prod",
        "definition graph > steps.svg",
      ),
      verb(
        "authorize <role> <action> <resource>",
        "explain whether the stack's policies allow a request: exit code 0 allowed, 1 denied, 2 error",
        () => (require("./commands/authorize") as typeof import("./commands/authorize")).authorize,
        "authorize training s3:GetObject arn:aws:s3:::another-bucket/houses.csv",
        "authorize processing kms:Decrypt KEY-ARN --context kms:ViaService=s3.us-east-1.amazonaws.com",
      ),
      verb(
        "query [sql]",
        "run an Athena query on the table's data",
        () => (require("./commands/query") as typeof import("./commands/query")).query,
      ),
    ],
  },
  {
    title: "This machine",
    verbs: [
      verb(
        "emulate",
        "serve SageMaker's API on this machine, for boto3, the AWS CLI and the SDKs",
        () => (require("./commands/emulate") as typeof import("./commands/emulate")).emulate,
        "emulate --port 4577",
      ),
      verb(
        "clean",
        "remove the work folder: executions, models and the report",
        () => (require("./commands/clean") as typeof import("./commands/clean")).clean,
      ),
    ],
  },
];

export const verbs: readonly Verb[] = verbGroups.flatMap((group) => group.verbs);
