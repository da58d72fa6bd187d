import { deepEqual, doesNotMatch, equal, match, ok, rejects } from "node:assert/strict";
import { createRequire } from "node:module";

import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";

import { configure, Engine, pulumiFolder } from "../engine/engine";
import { AwsServices, constraints, modelArn } from "./support/awsServices";

type Exports = Readonly<Record<string, string>>;

/** What an operation did: each step with the logical name, in order; what stayed as it was is left out. */
async function steps(
  operation: (onEvent: (event: EngineEvent) => void) => Promise<unknown>,
): Promise<readonly string[]> {
  const done: string[] = [];
  await operation(({ resourcePreEvent: event }) => {
    const { op = "", urn = "" } = event?.metadata ?? {};
    if (!["", "read", "replace", "same"].includes(op)) {
      done.push(`${op} ${urn.split("::").at(-1) ?? ""}`);
    }
  });
  return done;
}

const update = (stack: Stack): Promise<readonly string[]> =>
  steps((onEvent) => stack.up({ onEvent }));

async function resourceNames(stack: Stack): Promise<readonly string[]> {
  const state = (await stack.exportStack()) as { deployment: { resources?: { urn: string }[] } };
  return (state.deployment.resources ?? []).map(({ urn }) => urn.split("::").at(-1) ?? "");
}

async function exportsOf(stack: Stack): Promise<Exports> {
  return Object.fromEntries(
    Object.entries(await stack.outputs()).map(([name, { value }]) => [name, String(value)]),
  );
}

function inOrder(done: readonly string[], ...some: readonly string[]): void {
  deepEqual(
    done.filter((step) => some.includes(step)),
    some,
  );
}

describe("serving, in the real engine with fake providers,", function () {
  this.timeout(600_000);
  const engine = new Engine();
  const aws = new AwsServices();
  const program = (): Promise<object> =>
    (createRequire(__filename)("../../serving") as () => Promise<object>)();
  const change = (
    stack: Stack,
    config: Readonly<Record<string, string | undefined>>,
  ): Promise<void> =>
    configure(
      stack,
      Object.fromEntries(
        Object.entries(config).map(([key, value]) => [`restate-serving:${key}`, value]),
      ),
    );
  const serving = async (name: string, config: Exports = {}): Promise<Stack> => {
    const stack = await engine.stackOf("restate-serving", name, program);
    await change(stack, config);
    return stack;
  };
  const approve = (...versions: readonly number[]): void => {
    aws.models = versions.map((version) => ({ version, approval: "Approved" }));
  };

  before(async function () {
    if (pulumiFolder() === undefined) {
      console.log("    skipped: there is no Pulumi CLI on the path or in ~/.cache/restate/bin");
      this.skip();
    }
    await aws.start();
    await engine.start();
    const main = await engine.stack("dev", {});
    await main.up();
  });
  after(() => {
    engine.stop();
    aws.stop();
  });

  describe("before there is a model to serve", () => {
    const refused = async (stack: Stack, message: RegExp): Promise<void> => {
      await rejects(stack.up(), message);
      deepEqual(
        (await resourceNames(stack)).filter((name) => /^(aws|endpoint)/.test(name)),
        [],
      );
    };

    it("names a main stack that does not exist", async () => {
      const stack = await serving("none", { mainStack: "organization/restate/nowhere" });
      await refused(stack, /unknown stack "organization\/restate\/nowhere"/);
    });

    it("names a stack that is not a main stack", async () => {
      const other = await engine.stackOf("other", "dev", () => Promise.resolve({ bucket: "b" }));
      await other.up();
      const stack = await serving("other", { mainStack: "organization/other/dev" });
      await refused(stack, /The stack organization\/other\/dev does not have restate's exports/);
    });
  });

  describe("a stack", () => {
    let stack: Stack;
    let first: Exports;

    before(async () => {
      stack = await serving("dev");
    });

    it("serves the latest approved model", async () => {
      aws.models = [
        { version: 1, approval: "Approved" },
        { version: 2, approval: "Approved" },
        { version: 3, approval: "PendingManualApproval" },
        { version: 4, approval: "Rejected" },
      ];
      deepEqual((await update(stack)).toSorted(), [
        "create aws",
        "create default",
        "create endpoint",
        "create endpoint-alarms",
        "create endpoint-alarms-latency",
        "create endpoint-alarms-server-errors",
        "create endpoint-configuration",
        "create endpoint-endpoint",
        "create endpoint-model",
        "create restate-serving-dev",
      ]);
      first = await exportsOf(stack);
      equal(first["endpointName"], "restate-dev-model");
      equal(first["modelPackageArn"], modelArn(2));
      equal(first["modelPackageVersion"], "2");
      match(first["endpointConfigurationName"] ?? "", /^restate-dev-model-v2-[0-9a-f]{6}$/);
      match(JSON.stringify(await stack.exportStack()), /"subnets":\["subnet-\w+","subnet-\w+"\]/);
    });

    it("changes nothing if nothing has changed", async () => {
      deepEqual(await update(stack), []);
      const { summary } = await stack.refresh();
      deepEqual(Object.keys(summary.resourceChanges ?? {}), ["same"]);
    });

    it("previews the next version by its number, and switches to it", async () => {
      approve(1, 2, 3);
      const { stdout } = await stack.preview({ diff: true });
      match(stdout, /name +: "restate-dev-model-v2-\w+" => "restate-dev-model-v3-\w+"/);
      deepEqual(await update(stack), [
        "create-replacement endpoint-model",
        "create-replacement endpoint-configuration",
        "update endpoint-endpoint",
        "delete-replaced endpoint-configuration",
        "delete-replaced endpoint-model",
      ]);
      equal((await exportsOf(stack))["modelPackageVersion"], "3");
      equal((await exportsOf(stack))["endpointArn"], first["endpointArn"]);
    });

    it("reports that the alarms rolled an update back, and recovers in the next one", async () => {
      approve(1, 2, 3, 4);
      engine.rollBackAt("endpoint-endpoint");
      await rejects(
        update(stack),
        /to restate-dev-model-v4-\w+ was rolled back: it still serves restate-dev-model-v3-/,
      );
      engine.rollBackAt(undefined);
      equal((await exportsOf(stack))["modelPackageVersion"], "3");
      deepEqual(await update(stack), [
        "update endpoint-endpoint",
        "delete-replaced endpoint-configuration",
        "delete-replaced endpoint-model",
      ]);
      equal((await exportsOf(stack))["modelPackageVersion"], "4");
    });

    it("returns to the configured version, whatever has been approved since", async () => {
      await change(stack, { modelPackageArn: modelArn(2) });
      ok((await update(stack)).includes("update endpoint-endpoint"));
      deepEqual(await exportsOf(stack), first);
      approve(1, 2, 3, 4, 5);
      deepEqual(await update(stack), []);
    });

    it("scales, and monitors drift, if configured", async () => {
      aws.objects.set("s3://baselines/2/constraints.json", constraints(["_c0", "_c1"]));
      await change(stack, {
        compute: '{"mode":"real-time","minInstances":2,"maxInstances":4}',
        capturePercentage: "100",
        monitoring: '{"mode":"data-quality","startPipeline":true}',
      });
      const done = await update(stack);
      deepEqual(done.toSorted(), [
        "create endpoint-scaling",
        "create endpoint-scaling-policy",
        "create endpoint-scaling-target",
        "create monitoring",
        "create monitoring-definition",
        "create monitoring-drift",
        "create monitoring-drift-columns",
        "create monitoring-schedule",
        "create monitoring-start",
        "create monitoring-start-target",
        "create-replacement endpoint-configuration",
        "delete-replaced endpoint-configuration",
        "update endpoint-endpoint",
      ]);
      inOrder(done, "update endpoint-endpoint", "create endpoint-scaling-target");
      inOrder(done, "update endpoint-endpoint", "create monitoring-definition");
    });

    it("compares requests with the next model's baseline as soon as the model is served", async () => {
      await change(stack, { modelPackageArn: undefined });
      approve(5, 6);
      aws.objects.set("s3://baselines/6/constraints.json", constraints(["_c0", "_c1"]));
      const done = await update(stack);
      deepEqual(done.toSorted(), [
        "create-replacement endpoint-configuration",
        "create-replacement endpoint-model",
        "create-replacement monitoring-definition",
        "delete-replaced endpoint-configuration",
        "delete-replaced endpoint-model",
        "delete-replaced monitoring-definition",
        "update endpoint-endpoint",
        "update monitoring-schedule",
      ]);
      inOrder(
        done,
        "update endpoint-endpoint",
        "create-replacement monitoring-definition",
        "update monitoring-schedule",
        "delete-replaced monitoring-definition",
      );
    });

    it("keeps the served model's baseline if an update is rolled back", async () => {
      approve(5, 6, 7);
      aws.objects.set("s3://baselines/7/constraints.json", constraints(["_c0", "_c1"]));
      engine.rollBackAt("endpoint-endpoint");
      await rejects(update(stack), /was rolled back/);
      engine.rollBackAt(undefined);
      const state = JSON.stringify(await stack.exportStack());
      match(state, /"s3Uri":"s3:\/\/baselines\/6\/constraints\.json"/);
      doesNotMatch(state, /"s3Uri":"s3:\/\/baselines\/7\/constraints\.json"/);
      inOrder(
        await update(stack),
        "update endpoint-endpoint",
        "create-replacement monitoring-definition",
        "update monitoring-schedule",
      );
    });

    it("coexists with another endpoint for the same models", async () => {
      const other = await serving("other-endpoint", {
        endpointName: "batch",
        network: "none",
        compute: '{"mode":"serverless"}',
      });
      await update(other);
      equal((await exportsOf(other))["endpointName"], "restate-dev-batch-serverless");
      deepEqual(await update(stack), []);
    });

    it("leaves nothing behind when destroyed, and deletes the endpoint last", async () => {
      const done = await steps((onEvent) => stack.destroy({ onEvent }));
      inOrder(done, "delete endpoint-scaling-target", "delete endpoint-endpoint");
      inOrder(
        done,
        "delete monitoring-schedule",
        "delete monitoring-definition",
        "delete endpoint-endpoint",
        "delete endpoint-configuration",
        "delete endpoint-model",
      );
      deepEqual(await resourceNames(stack), []);
    });
  });

  describe("a stack with its own drift job", () => {
    let stack: Stack;
    /** The version whose requests the scheduled job compares. */
    const compared = async (): Promise<string | undefined> =>
      /restate-dev-drift\/capture\/v(\d+)/.exec(
        /createProcessingJob.*/.exec(JSON.stringify(await stack.exportStack()))?.[0] ?? "",
      )?.[1];

    it("schedules it once the endpoint serves", async () => {
      approve(1);
      const monitoring = { mode: "drift", retrain: true };
      stack = await serving("drift", {
        endpointName: "drift",
        capturePercentage: "100",
        monitoring: JSON.stringify(monitoring),
      });
      const done = await update(stack);
      deepEqual(done.filter((step) => step.startsWith("create drift")).toSorted(), [
        "create drift",
        "create drift-alarm",
        "create drift-drift",
        "create drift-drift-cells",
        "create drift-drift-requests",
        "create drift-drift-tests",
        "create drift-failed",
        "create drift-failed-target",
        "create drift-processing-job",
        "create drift-s3-objects",
        "create drift-schedule",
        "create drift-start",
        "create drift-start-target",
      ]);
      inOrder(done, "create endpoint-endpoint", "create drift-schedule");
      equal((await exportsOf(stack))["monitoringScheduleName"], "restate-dev-drift-drift");
      equal(await compared(), "1");
      deepEqual(await update(stack), []);
    });

    it("compares the next model's requests as soon as it is served, and not if it is rolled back", async () => {
      approve(1, 2);
      const done = await update(stack);
      inOrder(done, "update endpoint-endpoint", "update drift-schedule");
      deepEqual(
        done.filter((step) => step.includes("drift")),
        ["update drift-schedule"],
      );
      equal(await compared(), "2");
      approve(1, 2, 3);
      engine.rollBackAt("endpoint-endpoint");
      await rejects(update(stack), /was rolled back/);
      engine.rollBackAt(undefined);
      equal(await compared(), "2");
    });

    it("leaves nothing behind when destroyed", async () => {
      const done = await steps((onEvent) => stack.destroy({ onEvent }));
      inOrder(done, "delete drift-schedule", "delete endpoint-endpoint");
      deepEqual(await resourceNames(stack), []);
    });
  });

  it("creates a serverless endpoint before it deletes one with instances", async () => {
    approve(1);
    const stack = await serving("change", { endpointName: "change" });
    await update(stack);
    await change(stack, { network: "none", compute: '{"mode":"serverless"}' });
    const done = await update(stack);
    inOrder(done, "create-replacement endpoint-endpoint", "delete-replaced endpoint-endpoint");
  });
});
