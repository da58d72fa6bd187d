/** Renders the tables of calls in docs/security.md. */

import { type Call, calls, type Job, type JobKind, type Stack } from "../../local/service/calls";
import { stackNames } from "../../contract/names";

/** A stack with everything that calls depend on, as placeholders. */
const stack: Stack = {
  partition: "aws",
  region: "REGION",
  accountId: "ACCOUNT",
  dnsSuffix: "amazonaws.com",
  roleNames: stackNames("STACK").roleNames,
  bucket: "BUCKET",
  kmsKeyArn: "arn:aws:kms:REGION:ACCOUNT:key/KEY",
  database: "DATABASE",
  table: "TABLE",
  baseTables: ["BASE-DATABASE.BASE-TABLE"],
  data: { bucket: "DATA-BUCKET", prefix: "", kmsKeyArn: "arn:aws:kms:REGION:ACCOUNT:key/DATA-KEY" },
  workGroup: "restate-STACK",
  encryptCatalog: true,
  pipeline: "restate-STACK",
  modelPackageGroup: "restate-STACK",
  modelApprovalStatus: "PendingManualApproval",
  tag: "STACK",
  repositories: [
    "arn:aws:ecr:REGION:ACCOUNT:repository/restate-STACK-decision-tree",
    "arn:aws:ecr:REGION:AWS-ACCOUNT:repository/sagemaker-IMAGE",
    "arn:aws:ecr:REGION:OWNER:repository/CANDIDATE-IMAGE",
  ],
  vpc: { subnetIds: ["SUBNET"], securityGroupIds: ["GROUP"] },
  flowLogGroup: "restate-STACK-flow-logs",
  crawler: true,
  servesRawRows: true,
  findsDrift: true,
  challengesChampion: true,
  experiments: true,
  logs: { pipeline: "restate-STACK--logging", vpc: undefined },
  mlflowApp: "arn:aws:sagemaker:REGION:ACCOUNT:mlflow-app/APP",
};

const job: Job = {
  name: "JOB",
  execution: "EXECUTION",
  candidate: "CANDIDATE",
  endpoint: "ENDPOINT",
};

const titles: Readonly<Record<JobKind, string>> = {
  pipeline: "The pipeline itself",
  athenaInput: "The Athena input of a processing job",
  dataWrangler: "A Data Wrangler job",
  processing: "The job that splits the rows",
  training: "A training job of a tuning",
  transform: "A model and its batch transform",
  evaluation: "The job that evaluates a model",
  challenge: "The job that compares the best candidate with the champion",
  qualityCheck: "The baseline of the training data",
  registerModel: "The registration of a model",
  scheduler: "The schedules and events that start the pipeline or drift jobs",
  serving: "An endpoint",
  monitoring: "A monitoring or drift job",
  crawler: "The table's crawler",
  tracking: "The MLflow app",
  logging: "The pipeline that logs executions to the MLflow app, and its job",
  flowLogs: "The network's flow logs",
};

/** A line of a table without the actor. */
interface Line {
  readonly what: string;
  readonly actors: Set<string>;
  readonly rest: readonly string[];
}

const code = (values: readonly string[]): string => values.map((one) => `\`${one}\``).join("<br>");

function lineOf({ actions, context = {}, endpoint, evidence, resources }: Call): readonly string[] {
  const conditions = Object.entries(context).map(
    ([key, value]) => `${key} = ${[value].flat().join(", ")}`,
  );
  return [
    code(actions),
    code(resources) + (conditions.length === 0 ? "" : `<br>where ${code(conditions)}`),
    endpoint ?? "",
    evidence.source,
    evidence.certainty,
  ];
}

/** The calls of each kind, and separately those that several kinds share. */
function lines(): { readonly common: readonly Line[]; readonly own: ReadonlyMap<JobKind, Line[]> } {
  const kindsOf = new Map<string, Set<JobKind>>();
  const found = new Map<string, Line>();
  for (const kind of Object.keys(calls) as JobKind[]) {
    for (const call of calls[kind](stack, job)) {
      const rest = lineOf(call);
      const what = rest.join("|");
      const line = found.get(what) ?? { what, actors: new Set(), rest };
      line.actors.add(call.actor);
      found.set(what, line);
      kindsOf.set(what, (kindsOf.get(what) ?? new Set()).add(kind));
    }
  }
  const all = [...found.values()];
  const shared = ({ what }: Line): boolean => (kindsOf.get(what)?.size ?? 0) > 2;
  const own = (Object.keys(calls) as JobKind[]).map((kind): [JobKind, Line[]] => [
    kind,
    all.filter((line) => !shared(line) && kindsOf.get(line.what)?.has(kind)),
  ]);
  return { common: all.filter(shared), own: new Map(own) };
}

function table(rows: readonly Line[]): string {
  const head = ["Role", "Action", "Resource", "VPC endpoint", "Evidence", "Certainty"];
  return [
    head,
    head.map(() => "---"),
    ...rows.map(({ actors, rest }) => [[...actors].join(", "), ...rest]),
  ]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** The tables of calls, one per kind of job. */
export function callsTables(): string {
  const { common, own } = lines();
  return [
    `### Every job\n\n${table(common)}`,
    ...[...own].map(([kind, rows]) => `### ${titles[kind]}\n\n${table(rows)}`),
  ].join("\n\n");
}
