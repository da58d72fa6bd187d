import { deepEqual, equal, throws } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { servingStacks } from "../../../offline/servingStacks";
import { endpointCost } from "../../../pipeline/cost/endpointCost";
import { listPrices } from "../../../pipeline/cost/prices";
import { type Settings, settingsSchema } from "../../../serving/settings";
import { temporaryFolder } from "../../support/localRun";

const settings = (values: object = {}): Settings => settingsSchema.parse(values);

describe("the cost of serving", () => {
  it("is that of the fewest instances at rest, and of the most with requests", () => {
    const one = endpointCost(settings(), listPrices);
    deepEqual(one, {
      month: 730 * 0.115 + 2 * 0.1,
      maxMonth: 730 * 0.115 + 2 * 0.1,
      parts: ["1 x ml.m5.large", "2 alarms"],
      notPriced: [],
    });
    const compute = { mode: "real-time", minInstances: 2, maxInstances: 5 };
    const scaled = endpointCost(settings({ compute }), listPrices);
    equal(scaled.month, 2 * 730 * 0.115 + 0.2);
    equal(scaled.maxMonth.toFixed(6), (5 * 730 * 0.115 + 0.2).toFixed(6));
    deepEqual(scaled.parts, ["2 to 5 x ml.m5.large", "2 alarms"]);
  });

  it("includes the jobs of monitoring, by their schedule", () => {
    const drift = (schedule: string): ReturnType<typeof endpointCost> =>
      endpointCost(
        settings({
          compute: { mode: "real-time", instanceType: "ml.t3.medium" },
          capturePercentage: 100,
          monitoring: { mode: "drift", schedule, volumeGigabytes: 73 },
        }),
        listPrices,
      );
    const job = (5 / 60) * (0.115 + 0.014);
    const daily = drift("daily");
    equal(daily.month.toFixed(6), (730 * 0.05 + (730 / 24) * job + 0.3).toFixed(6));
    deepEqual(daily.parts, [
      "1 x ml.t3.medium",
      "30 drift jobs of 5 minutes on ml.m5.large",
      "3 alarms",
    ]);
    deepEqual(daily.notPriced, ["S3 for 100 % of the requests"]);
    equal(drift("hourly").month.toFixed(6), (730 * 0.05 + 730 * job + 0.3).toFixed(6));
  });

  it("is nothing but alarms for a serverless endpoint at rest", () => {
    const compute = { mode: "serverless", memoryMegabytes: 4096, provisionedConcurrency: 1 };
    deepEqual(endpointCost(settings({ compute, network: "none" }), listPrices), {
      month: 0.2,
      maxMonth: 0.2,
      parts: ["serverless, 0.000080 per second of answering requests", "2 alarms"],
      notPriced: ["provisioned concurrency"],
    });
  });

  it("is refused without a price", () => {
    const compute = { mode: "real-time", instanceType: "ml.inf1.xlarge" };
    throws(() => endpointCost(settings({ compute }), listPrices), {
      message: "there is no price of ml.inf1.xlarge; give one",
    });
  });

  it("is read from the stacks that serve a stack's models", () => {
    const folder = temporaryFolder();
    const write = (name: string, config: string): void => {
      writeFileSync(join(folder, `Pulumi.${name}.yaml`), `config: {${config}}\n`);
    };
    write("one", "restate-serving:mainStack: a/restate/prod");
    write(
      "two",
      "aws:region: eu-west-1, restate-serving:compute: {mode: serverless}, restate-serving:network: none",
    );
    write(
      "three",
      "restate-serving:mainStack: a/restate/prod, restate-serving:capturePercentage: 5",
    );
    writeFileSync(join(folder, "Pulumi.yaml"), "name: restate-serving\n");
    const found = (stack: string): unknown =>
      servingStacks(stack, folder).map((one) => [one.file, one.settings.capturePercentage]);
    deepEqual(found("prod"), [
      ["serving/Pulumi.one.yaml", 0],
      ["serving/Pulumi.three.yaml", 5],
    ]);
    deepEqual(found("dev"), [["serving/Pulumi.two.yaml", 0]]);
    deepEqual(found("other"), []);
    write("two", "restate-serving:compute: {mode: serverless}");
    throws(() => servingStacks("prod", folder), {
      message:
        /^serving\/Pulumi\.two\.yaml is not valid:\n {2}restate-serving:network: must be none/,
    });
  });
});
