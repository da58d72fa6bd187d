import type { Command } from "commander";

import type { Terminal } from "./terminal";

/** A verb of the command line. */
export interface Verb {
  readonly name: string;
  readonly arguments: string;
  readonly summary: string;
  /** Examples for the help, starting with the verb. */
  readonly examples: readonly string[];
}

/** A heading of the help with its verbs. */
interface VerbGroup {
  readonly title: string;
  readonly verbs: readonly Verb[];
}

function verb(usage: string, summary: string, ...examples: readonly string[]): Verb {
  const [name = "", ...words] = usage.split(" ");
  return { name, arguments: words.join(" "), summary, examples };
}

/** The command of a verb, with the clients that it needs, which are loaded now. */
export function loadVerb({ name }: Verb, terminal: Terminal): Command {
  // In a bundle, tools/restate.mjs replaces this call by the only verb that it contains.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is called
  const exported = require(`./commands/${name}`) as Readonly<Record<string, unknown>>;
  return (exported[name] as (terminal: Terminal) => Command)(terminal);
}

/** All verbs, by subject. */
export const verbGroups: readonly VerbGroup[] = [
  {
    title: "Executions",
    verbs: [
      verb(
        "run",
        "run the pipeline and wait: the deployed one, or with --local the current program",
        "run --parameter MinimumR2=0.7",
        "run --from TuneXGBoost",
      ),
      verb(
        "start",
        "start the pipeline, and print the execution's ARN",
        "start --wait --parameter MinimumR2=0.7",
        "start --only EvaluateXGBoost",
      ),
      verb(
        "status [execution]",
        "show the steps of an execution, and why it failed",
        "status --follow",
      ),
      verb("stop [execution]", "stop an execution and its running jobs"),
      verb("retry [execution]", "resume an execution that failed or was stopped"),
      verb("runs", "list the latest executions", "runs --max 50 --json"),
      verb(
        "trials [execution]",
        "list the trials of an execution, best first in each step",
        "trials --csv",
      ),
      verb(
        "logs <step> [execution]",
        "print the log of a step's job, or of all trials of a tuning step, failed ones first",
        "logs TuneXGBoost --follow",
      ),
      verb(
        "shell <step> [execution]",
        "open a shell, or run a command, in the folder of a failed step's job (with --local)",
        "shell Preprocess",
        "shell Preprocess -- ls input",
      ),
      verb("compare <execution> <other>", "compare two executions"),
      verb("report [execution]", "write the report of an execution, and print its path"),
      verb(
        "export <format> [execution...]",
        "log executions, with their trials and models, to an MLflow store",
        "export mlflow",
        "export mlflow --to mlflow",
        "export mlflow --all --to http://localhost:5000",
      ),
    ],
  },
  {
    title: "Models",
    verbs: [
      verb("models", "list the model packages, latest last"),
      verb(
        "approve <version>",
        "approve a model package",
        'approve 3 --comment "better on the coast"',
      ),
      verb("reject <version>", "reject a model package"),
      verb(
        "serve [version]",
        "serve a model package on a local port (default: the latest approved)",
        "serve 3 --port 8080",
      ),
      verb(
        "simulate [execution]",
        "replay months of requests to a model, with the shifts of a scenario, and report when drift would be detected",
        "simulate --days 90 --scenario examples/drift.yaml",
      ),
      verb(
        "invoke [endpoint] <rows>",
        "predict a CSV row, or a file of rows, without target and header",
      ),
    ],
  },
  {
    title: "Definition and data",
    verbs: [
      verb(
        "init [path]",
        "write a stack's configuration for your own table, from its files or from Glue",
        "init houses.csv --target price",
        "init --table sales.houses --target price",
      ),
      verb(
        "definition",
        "print the pipeline's definition; compare and draw definitions",
        "definition --stack prod",
        "definition diff dev prod",
        "definition graph > steps.svg",
      ),
      verb(
        "authorize <role> <action> <resource>",
        "explain whether the stack's policies allow a request: exit code 0 allowed, 1 denied, 2 error",
        "authorize training s3:GetObject arn:aws:s3:::another-bucket/houses.csv",
        "authorize processing kms:Decrypt KEY-ARN --context kms:ViaService=s3.us-east-1.amazonaws.com",
      ),
      verb("query [sql]", "run an Athena query on the table's data"),
    ],
  },
  {
    title: "This machine",
    verbs: [
      verb(
        "emulate",
        "serve SageMaker's API on this machine, for boto3, the AWS CLI and the SDKs",
        "emulate --port 4577",
      ),
      verb("clean", "remove the work folder: executions, models and the report"),
    ],
  },
];

export const verbs: readonly Verb[] = verbGroups.flatMap((group) => group.verbs);
