import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";

import { check } from "../../pipeline/language/check";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { scriptWithImports } from "../../pipeline/jobScripts";
import type { JsonObject } from "../../pipeline/language/json";
import { configure, Engine, pulumiFolder } from "./engine";
import { Registry } from "./registry";

const disposable = {
  "restate:forceDestroy": "true",
  "restate:protect": "false",
  "restate:network": '{"mode":"none"}',
};
/** A dataset other than the default, under the same name. */
const twoColumns = JSON.stringify({
  table: "california_housing",
  columns: [
    { name: "x", type: "double" },
    { name: "y", type: "double" },
  ],
  target: "y",
});
const longTime = 600_000;
/** What stands for a value that a preview does not know. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What an update or preview did to each resource that it did not leave as it was, by logical name. */
class Changes {
  readonly all: Record<string, string> = {};
  /** The definition as the last step of the pipeline's resource had it. */
  definition: unknown;

  readonly onEvent = (event: EngineEvent): void => {
    const metadata = event.resourcePreEvent?.metadata;
    if (metadata === undefined) {
      return;
    }
    const name = metadata.urn.split("::").at(-1) ?? "";
    if (metadata.type === "aws:sagemaker/pipeline:Pipeline") {
      this.definition = (metadata.new?.inputs as Record<string, unknown> | undefined)?.[
        "pipelineDefinition"
      ];
    }
    if (!["delete-replaced", "read", "replace", "same"].includes(metadata.op)) {
      this.all[name] = metadata.op;
    }
  };
}

async function up(stack: Stack): Promise<Changes & { readonly outputs: Record<string, unknown> }> {
  const changes = new Changes();
  const { outputs } = await stack.up({ onEvent: changes.onEvent });
  const values = Object.entries(outputs).map(([name, { value }]): [string, unknown] => [
    name,
    value,
  ]);
  return Object.assign(changes, { outputs: Object.fromEntries(values) });
}

async function preview(stack: Stack): Promise<Changes> {
  const changes = new Changes();
  await stack.preview({ onEvent: changes.onEvent });
  return changes;
}

/** The resources that changed, and how. */
function touched(changes: Changes): readonly string[] {
  return Object.entries(changes.all)
    .map(([name, op]) => `${op} ${name}`)
    .sort();
}

/** A resource in a stack's state. */
interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

async function resourcesOf(stack: Stack): Promise<readonly StateResource[]> {
  const state = (await stack.exportStack()) as { deployment: { resources?: StateResource[] } };
  return state.deployment.resources ?? [];
}

/** The logical names of the resources in a stack's state. */
async function resourceNames(stack: Stack): Promise<readonly string[]> {
  return (await resourcesOf(stack)).map(({ urn }) => urn.split("::").at(-1) ?? "");
}

describe("the real engine, with fake providers,", function () {
  this.timeout(longTime);
  const engine = new Engine();
  let stack: Stack;
  let first: Awaited<ReturnType<typeof up>>;

  before(async function () {
    if (pulumiFolder() === undefined) {
      console.log("    skipped: there is no Pulumi CLI on the path or in ~/.cache/restate/bin");
      this.skip();
    }
    await engine.start();
    stack = await engine.stack("dev", disposable);
    first = await up(stack);
  });
  after(() => {
    engine.stop();
  });

  // Its tests follow those of the stacks that come into its account.
  describe("a stack", () => {
    it("comes up with a valid definition and all exports", () => {
      const definition = JSON.parse(String(first.outputs["pipelineDefinition"])) as JsonObject;
      deepEqual(check(definition), []);
      equal(first.definition, first.outputs["pipelineDefinition"]);
      equal(first.outputs["bucketName"], "sagemaker-restate-dev-444455556666");
      match(
        String(first.outputs["kmsKeyArn"]),
        /^arn:aws:kms:us-east-1:444455556666:key\/[0-9a-f]{8}$/,
      );
      match(String(first.outputs["decisionTreeRepoDigest"]), /@sha256:[0-9a-f]{64}$/);
    });

    it("changes nothing if nothing has changed, whatever other stacks the account has", async () => {
      deepEqual(touched(await up(stack)), []);
    });

    it("has no drift when refreshed", async () => {
      const { summary } = await stack.refresh();
      deepEqual(Object.keys(summary.resourceChanges ?? {}), ["same"]);
    });

    const changes: readonly (readonly [string, Record<string, string>, readonly string[]])[] = [
      [
        "parameters of executions and the revision",
        {
          "restate:minimumR2": "0.5",
          "restate:parallelSteps": "4",
          "restate:gitRevision": "0123abc",
        },
        ["update models-pipeline"],
      ],
      [
        "the approval status, a schedule, an address to notify and a dashboard",
        {
          "restate:modelApprovalStatus": "Approved",
          "restate:schedule": "rate(7 days)",
          "restate:notifyEmails": '["ml@example.com"]',
          "restate:dashboard": "true",
        },
        [
          "create operations-dashboard",
          "create operations-ml@example.com",
          "create triggers",
          "create triggers-schedule",
          "update models-pipeline",
          // Its role may give a new package this status and no other.
          "update permissions-pipeline-policy",
        ],
      ],
      [
        "an account that may read the models",
        { "restate:modelConsumers": '["222233334444"]' },
        [
          "create decision-tree-repository-policy",
          "create models-model-package-group-policy",
          "update data-bucket-policy",
          "update data-key-policy",
        ],
      ],
      [
        "baseImage, which makes another image",
        { "restate:baseImage": "python:3.12-slim" },
        ["create-replacement decision-tree-image", "update models-pipeline"],
      ],
      [
        "an encrypted catalogue, whose key must be protected",
        {
          "restate:encryptCatalog": "true",
          "restate:forceDestroy": "false",
          "restate:protect": "true",
        },
        [
          "create data-catalog-encryption",
          "update data-bucket",
          "update data-workgroup",
          "update decision-tree-repository",
          "update permissions-processing-policy",
        ],
      ],
      [
        "a crawler of partitions and a workflow that may deploy",
        {
          "restate:crawler": "on-demand",
          "restate:dataset": JSON.stringify({
            ...californiaHousing,
            partitions: [{ name: "year", type: "int" }],
          }),
          "restate:deployers": '["repo:team/houses:environment:dev"]',
          "restate:permissionsBoundary": "arn:aws:iam::444455556666:policy/limit",
        },
        [
          "create deployer",
          ...["data", "data-policy", "github", "models", "models-policy", "operations"].map(
            (name) => `create deployer-${name}`,
          ),
          "create deployer-operations-policy",
          "create deployer-role",
          "create deployer-serving",
          "create deployer-serving-policy",
          "create permissions-crawler",
          "create permissions-crawler-policy",
          "create table",
          "create table-crawler",
          "update data-table",
          ...[
            ...["evaluation", "monitoring", "pipeline", "processing", "scheduler", "serving"],
            "training",
          ].map((actor) => `update permissions-${actor}`),
        ],
      ],
      [
        "the dataset",
        {
          "restate:dataset": twoColumns,
        },
        [
          "create-replacement models-flow",
          "update data-query",
          "update data-table",
          "update data-table-query",
          "update models-pipeline",
        ],
      ],
    ];
    for (const [what, config, expected] of changes) {
      it(`changes only what follows from ${what}, and previews the complete definition`, async () => {
        const before = await stack.workspace.stackSettings(stack.name);
        await configure(stack, config);
        try {
          const previewed = await preview(stack);
          deepEqual(check(JSON.parse(previewed.definition as string) as JsonObject), []);
          deepEqual(touched(previewed), expected);
        } finally {
          await stack.workspace.saveStackSettings(stack.name, before);
        }
      });
    }

    it("creates an MLflow app, names it in the definition as AWS does, and deletes it", async () => {
      const plain = first.outputs;
      equal(plain["mlflowAppArn"], "");
      await configure(stack, { "restate:tracking": "mlflow" });
      const changes = [
        "create permissions-tracking",
        "create permissions-tracking-policy",
        "create tracking",
        "create tracking-app",
        "update models-pipeline",
        "update permissions-pipeline-policy",
      ];
      const previewed = await preview(stack);
      deepEqual([previewed.definition, touched(previewed)], [unknown, changes]);
      const tracked = await up(stack);
      deepEqual(touched(tracked), changes);
      const { mlflowAppArn, pipelineDefinition } = tracked.outputs;
      match(
        String(mlflowAppArn),
        /^arn:aws:sagemaker:us-east-1:444455556666:mlflow-app\/app-[0-9a-f]{12}$/,
      );
      const { MlflowConfig, ...definition } = JSON.parse(String(pipelineDefinition)) as JsonObject;
      deepEqual(MlflowConfig, {
        MlflowResourceArn: mlflowAppArn,
        MlflowExperimentName: "restate-dev",
      });
      const { PipelineExperimentConfig, ...before } = JSON.parse(
        String(plain["pipelineDefinition"]),
      ) as JsonObject;
      ok(PipelineExperimentConfig);
      deepEqual(definition, before);
      equal((await preview(stack)).definition, pipelineDefinition);
      await configure(stack, { "restate:mlflowLogging": "outside-network" });
      deepEqual(touched(await up(stack)), [
        "create mlflow-logs",
        "create mlflow-logs-approval",
        "create mlflow-logs-approval-target",
        "create mlflow-logs-log-executions",
        "create mlflow-logs-mlflow-rest",
        "create mlflow-logs-mlflow-runs",
        "create mlflow-logs-pipeline",
        "create mlflow-logs-processing-job",
        "create mlflow-logs-s3-objects",
        "create mlflow-logs-target",
        "create operations-logging-failed",
        "create permissions-logging",
        "create permissions-logging-policy",
        "update permissions-scheduler-policy",
      ]);
      await configure(stack, { "restate:mlflowLogging": undefined, "restate:tracking": undefined });
      deepEqual((await up(stack)).outputs, plain);
    });

    it("keeps the sources of running executions and registered models, and each image that it has pushed", async () => {
      const sources = ({ outputs }: typeof first): readonly string[] =>
        String(outputs["pipelineDefinition"]).match(/s3:\/\/[^"]+\/pipeline\/[^"]+/g) ?? [];
      const digestOf = ({ outputs }: typeof first): unknown => outputs["decisionTreeRepoDigest"];
      const otherRows = JSON.stringify({ ...californiaHousing, filter: [] });
      await configure(stack, {
        "restate:baseImage": "python:3.12-slim",
        "restate:dataset": otherRows,
      });
      const changed = await up(stack);
      notEqual(digestOf(changed), digestOf(first));
      const all = new Set([...sources(first), ...sources(changed)]);
      equal(all.size, new Set(sources(first)).size + 1); // another flow
      for (const uri of all) {
        if (!uri.endsWith("/")) {
          ok(engine.object(uri), uri);
          continue;
        }
        const script = ["preprocess", "evaluate"].find((one) => engine.object(`${uri}${one}.py`));
        ok(script, uri);
        for (const [name, text] of scriptWithImports(script)) {
          equal(engine.object(`${uri}${name}.py`), text, `${uri}${name}.py`);
        }
      }
      await configure(stack, { "restate:baseImage": undefined });
      const returned = await up(stack);
      deepEqual(touched(returned), [
        "create-replacement decision-tree-image",
        "update models-pipeline",
      ]);
      equal(digestOf(returned), digestOf(first));
    });

    it("leaves nothing behind when destroyed", async () => {
      await stack.destroy();
      deepEqual(await resourceNames(stack), []);
    });
  });

  it("previews the definition of a stack with a network, except for ids that AWS assigns, and uploads its data", async () => {
    // It is uploaded, too, once the bucket has its rules.
    const dataFile = join(engine.folder, "housing.csv");
    writeFileSync(dataFile, "-122.23,37.88,41,880,129,322,126,8.3252,452600\n");
    const stack = await engine.stack("net", {
      ...disposable,
      "restate:dataFile": dataFile,
      "restate:network": '{"mode":"create"}',
    });
    equal((await preview(stack)).definition, unknown);
    const { outputs } = await up(stack);
    const definition = String(outputs["pipelineDefinition"]);
    deepEqual(check(JSON.parse(definition) as JsonObject), []);
    const subnets = outputs["subnetIds"] as readonly string[];
    equal(subnets.length, 2);
    const zones = (await resourcesOf(stack))
      .filter(({ type }) => type === "aws:ec2/subnet:Subnet")
      .map(({ inputs }) => inputs?.["availabilityZone"]);
    // Of the first five zones a and e lack an endpoint service.
    deepEqual(zones.sort(), ["us-east-1b", "us-east-1c"]);
    ok(subnets.every((id) => definition.includes(id)));
    await configure(stack, { "restate:minimumR2": "0.5" });
    equal(
      (await preview(stack)).definition,
      definition.replace('"DefaultValue":0,', '"DefaultValue":0.5,'),
    );
    // A third zone leaves the other two as they are, named or not.
    await configure(stack, {
      "restate:network": JSON.stringify({
        mode: "create",
        availabilityZones: ["us-east-1b", "us-east-1c", "us-east-1f"],
      }),
    });
    const subnetChanges = touched(await up(stack)).filter((change) => change.includes("isolated"));
    deepEqual(subnetChanges, ["create network-vpc-isolated-3"]);
  });

  it("refuses an image that SageMaker cannot run, recovers from an update that failed halfway, and keeps protected data", async () => {
    const registry = await Registry.start();
    engine.registryAt(registry.endpoint);
    const stack = await engine.stack("oci", { "restate:network": '{"mode":"none"}' });
    registry.mediaType = "application/vnd.oci.image.index.v1+json";
    await rejects(stack.up(), (error: Error) => {
      match(error.message, /the image restate-oci-decision-tree:[0-9a-f]{16} is an OCI index/);
      match(error.message, /"containerd-snapshotter": false/);
      return true;
    });
    ok(!(await resourceNames(stack)).includes("models-pipeline"));
    registry.mediaType = "application/vnd.docker.distribution.manifest.v2+json";
    registry.architecture = "arm64";
    await rejects(stack.up(), /is for linux\/arm64; SageMaker runs linux\/amd64/);
    registry.architecture = "amd64";
    engine.failAt("models-pipeline");
    await rejects(stack.up(), /AccessDenied: not now \(models-pipeline\)/);
    engine.failAt(undefined);
    const healed = await up(stack);
    ok(touched(healed).includes("create models-pipeline"));
    ok(!touched(healed).includes("create data-bucket"), touched(healed).join(", "));
    deepEqual(touched(await up(stack)), []);
    engine.registryAt("");
    registry.stop();
    await rejects(stack.destroy(), /protected/);
    const names = await resourceNames(stack);
    for (const name of [
      "data-bucket",
      "data-key",
      "decision-tree-repository",
      "models-model-package-group",
    ]) {
      ok(names.includes(name), name);
    }
  });
});
