import { deepEqual, equal, ok } from "node:assert/strict";

import type { Program } from "../../offline/program";
import { calls, type Job, type JobKind, type Stack } from "../../local/service/calls";
import { throughEndpoint } from "../../local/service/policies";
import { stackOf } from "../../local/service/stack";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { defaultCandidates } from "../../pipeline/candidates";
import { allSteps } from "../../pipeline/language/graph";
import { type Config, program } from "../support/definitions";
import { type IamRequest, isAllowed } from "../support/iam";
import { consumer, describeRequest } from "../support/iamRequests";
import { jobRequest } from "../support/jobRequests";

const job: Job = {
  name: "pipelines-0123456789ab-Job-abcdefghij",
  execution: "0123456789ab",
  candidate: "XGBoost",
  endpoint: "restate-test-model",
};

/** A candidate of the user's own image, in the registry of another account. */
const ownImage = {
  name: "Forest",
  algorithm: {
    image: "222233334444.dkr.ecr.us-east-1.amazonaws.com/team/forest:1.0",
    metrics: { "validation:rmse": "rmse=(.*)", "validation:mse": "mse=(.*)" },
  },
  ranges: { depth: { type: "integer", min: 1, max: 9 } },
};

/** Key of the team's own that encrypts the table's files. */
const dataKey = "arn:aws:kms:us-east-1:111122223333:key/0f0e0d0c-0000-4000-8000-000000000001";

/** The housing without what is about a table of the stack's own. */
const ownHousing = Object.fromEntries(
  Object.entries(californiaHousing).filter(([key]) => key !== "selectedTable"),
);

const stacks: Readonly<Record<string, Config>> = {
  "with defaults": {},
  "with everything": {
    candidates: [ownImage],
    champion: { beats: {} },
    crawler: "on-demand",
    dataQualityBaseline: true,
    driftReference: true,
    dataset: {
      ...californiaHousing,
      servedRows: "raw",
      location: "s3://houses-of-the-team/california/",
      kmsKeyArn: dataKey,
      partitions: [{ name: "year", type: "int" }],
    },
    deployers: ["repo:team/houses:environment:test"],
    encryptCatalog: true,
    modelConsumers: [consumer],
    network: { mode: "create", flowLogs: true },
    tracking: "both",
    mlflowLogging: "outside-network",
  },
  "on a view of others": {
    dataset: {
      ...ownHousing,
      location: "s3://houses-of-the-team/california/",
      kmsKeyArn: dataKey,
      source: { database: "census", table: "recent", baseTables: ["census.houses", "geo.towns"] },
    },
    network: { mode: "none" },
  },
  "on a table in S3 Tables": {
    dataset: {
      ...ownHousing,
      kmsKeyArn: dataKey,
      format: "parquet",
      source: { catalog: "s3tablescatalog/team-tables", database: "census", table: "houses" },
    },
    network: { mode: "none" },
  },
  "without a network": { network: { mode: "none" } },
  "in a network of the team": {
    network: {
      mode: "existing",
      subnetIds: ["subnet-0123456789abcdef0"],
      securityGroupIds: ["sg-0123456789abcdef0"],
      s3EndpointId: "vpce-0123456789abcdef0",
    },
    tracking: "mlflow",
    mlflowLogging: "in-network",
  },
};

/** The requests of a kind of job, with the actor in whose name each is made. */
function requests(
  evaluated: Program,
  kind: JobKind,
  stack: Stack,
): readonly [string, IamRequest][] {
  return calls[kind](stack, job).flatMap(({ actions, actor, context = {}, endpoint, resources }) =>
    actions.flatMap((action) =>
      resources.map((resource): [string, IamRequest] => {
        const passed = endpoint === undefined ? {} : throughEndpoint(evaluated, endpoint);
        return [actor, { action, resource, ...passed, context: { ...context, ...passed.context } }];
      }),
    ),
  );
}

describe("the calls of jobs, by an IAM simulator,", () => {
  for (const [name, config] of Object.entries(stacks)) {
    describe(`in a stack ${name}`, () => {
      let evaluated: Program;

      before(async () => {
        evaluated = await program(config);
      });

      for (const kind of Object.keys(calls) as JobKind[]) {
        it(`are all allowed for ${kind}`, async () => {
          const stack = stackOf(evaluated, dataKey);
          const denied: string[] = [];
          for (const [actor, request] of requests(evaluated, kind, stack)) {
            if (!(await isAllowed(evaluated, actor, request))) {
              denied.push(`${actor}: ${describeRequest(request)}`);
            }
          }
          deepEqual(denied, []);
        });
      }
    });
  }

  it("read no other table of a database that is not the stack's", async () => {
    const evaluated = await program(stacks["on a view of others"]);
    const denied = ["table/census/salaries", "table/geo/houses", "table/restate_test/recent"];
    for (const table of [
      ...denied,
      "table/census/recent",
      "table/census/houses",
      "table/geo/towns",
    ]) {
      const resource = `arn:aws:glue:us-east-1:111122223333:${table}`;
      const request = { action: "glue:GetTable", resource, context: {}, endpoint: undefined };
      equal(await isAllowed(evaluated, "processing", request), !denied.includes(table), table);
    }
  });

  it("read no other table of a table bucket", async () => {
    const evaluated = await program(stacks["on a table in S3 Tables"]);
    const bucket = "arn:aws:s3tables:us-east-1:111122223333:bucket";
    const table = (name: string, namespace = "census", tables = "team-tables"): IamRequest => ({
      action: "s3tables:GetTableData",
      resource: `${bucket}/${tables}/table/01234567-89ab-cdef-0123-456789abcdef`,
      context: { "s3tables:namespace": namespace, "s3tables:tableName": name },
    });
    const decides = (request: IamRequest): Promise<boolean> =>
      isAllowed(evaluated, "processing", request);
    equal(await decides(table("houses")), true);
    equal(await decides({ ...table("houses"), action: "s3tables:PutTableData" }), false);
    equal(await decides(table("salaries")), false);
    equal(await decides(table("houses", "payroll")), false);
    equal(await decides(table("houses", "census", "other-tables")), false);
    const glue = "arn:aws:glue:us-east-1:111122223333:table";
    for (const [name, allowed] of [
      ["s3tablescatalog/team-tables/census/houses", true],
      ["s3tablescatalog/team-tables/census/salaries", false],
      ["census/houses", false],
    ] as const) {
      const request = { action: "glue:GetTable", resource: `${glue}/${name}` };
      equal(await decides(request), allowed, name);
    }
  });

  it("only concern resources of the stack", async () => {
    const evaluated = await program(stacks["with everything"]);
    const stack = stackOf(evaluated, dataKey);
    deepEqual(stack.data, {
      bucket: "houses-of-the-team",
      prefix: "california/",
      kmsKeyArn: dataKey,
    });
    ok(stack.repositories.includes("arn:aws:ecr:us-east-1:222233334444:repository/team/forest"));
    ok(stack.crawler && stack.encryptCatalog);
    equal(stack.flowLogGroup, "restate-test-flow-logs");
    equal(stack.vpc?.subnetIds.length, 2);
    const kinds = Object.keys(calls) as JobKind[];
    deepEqual(
      kinds.filter((kind) => requests(evaluated, kind, stack).length === 0),
      [],
    );
  });
});

describe("the jobs of a definition, by an IAM simulator,", () => {
  for (const [name, config] of Object.entries(stacks)) {
    it(`may be started by the pipeline of a stack ${name}, but not without the stack's tag`, async () => {
      const evaluated = await program(config);
      const requests = allSteps(evaluated.definition).flatMap(({ step }) => jobRequest(step) ?? []);
      const kinds = new Set(requests.map(({ action }) => action));
      equal(kinds.has("sagemaker:CreateHyperParameterTuningJob"), true);
      equal(kinds.has("sagemaker:CreateTransformJob"), name === "with everything");
      for (const request of requests) {
        equal(await isAllowed(evaluated, "pipeline", request), true, describeRequest(request));
        const { "aws:RequestTag/stack": tag, ...untagged } = request.context ?? {};
        equal(tag, "test");
        equal(await isAllowed(evaluated, "pipeline", { ...request, context: untagged }), false);
      }
    });
  }

  it("may only omit the volume key if instances have local disks", async () => {
    const disks = defaultCandidates.map((one) => ({ ...one, instanceType: "ml.g5.xlarge" }));
    const evaluated = await program({ candidates: disks });
    const tunings = allSteps(evaluated.definition).filter(({ step }) => step.Type === "Tuning");
    equal(tunings.length, 2);
    for (const { step } of tunings) {
      const request = jobRequest(step);
      ok(request);
      equal(request.context?.["sagemaker:VolumeKmsKeyArn"], undefined);
      equal(await isAllowed(evaluated, "pipeline", request), true);
      equal(await isAllowed(await program(), "pipeline", request), false);
    }
  });
});

describe("the key of an external table", () => {
  const decrypt = { action: "kms:Decrypt", resource: dataKey };
  const through = (service: string): IamRequest => ({
    ...decrypt,
    context: { "kms:ViaService": `${service}.us-east-1.amazonaws.com` },
  });
  const cases: readonly (readonly [string, IamRequest, boolean])[] = [
    ["processing", through("s3"), true],
    ["crawler", through("s3"), true],
    ["processing", decrypt, false],
    ["processing", through("glue"), false],
    ["processing", { ...through("s3"), action: "kms:GenerateDataKey" }, false],
    ["processing", { ...decrypt, action: "kms:CreateGrant" }, false],
    ["training", through("s3"), false],
    ["evaluation", through("s3"), false],
    ["pipeline", through("s3"), false],
  ];
  let evaluated: Program;

  before(async () => {
    evaluated = await program(stacks["with everything"]);
  });

  for (const [actor, request, allowed] of cases) {
    it(`${allowed ? "may" : "may not"} be used by ${actor}: ${describeRequest(request)}`, async () => {
      equal(await isAllowed(evaluated, actor, request), allowed);
    });
  }
});

describe("the table of calls", () => {
  it("names a source for each call, and marks uncertain ones", async () => {
    const stack = stackOf(await program(stacks["with everything"]));
    const all = Object.values(calls).flatMap((of) => of(stack, job));
    deepEqual(
      all.filter(({ evidence: { source } }) => source.length < 10),
      [],
    );
    ok(all.some(({ evidence: { certainty } }) => certainty === "likely"));
    const unproven = all.filter(({ evidence: { certainty } }) => certainty === "unproven");
    ok(unproven.length > 0);
    deepEqual(
      unproven.filter(({ evidence: { source } }) => !source.startsWith("no source says")),
      [],
    );
  });

  it("omits SageMaker's temporary tables from the dataset's own database", async () => {
    const stack = stackOf(await program());
    const changed = calls
      .athenaInput(stack, job)
      .filter(({ actions }) => actions.some((action) => /^glue:(Create|Delete)/.test(action)))
      .flatMap(({ resources }) => resources);
    deepEqual(
      changed.filter((resource) => resource.includes(stack.database)),
      [],
    );
  });
});
