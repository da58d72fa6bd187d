import { deepEqual, equal } from "node:assert/strict";
import { mock } from "node:test";

import { supportWarnings } from "../../components/prebuiltImages";
import { program } from "../support/definitions";

const boost =
  "the image sagemaker-xgboost:3.2-0 reaches its end of support on 2027-05-13: AWS patches it until then";

describe("SageMaker's own images", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["2027-02-12T23:59:59Z", []],
    ["2027-02-13T00:00:00Z", [boost]],
    ["2027-05-12T23:59:59Z", [boost]],
    [
      "2027-05-13T00:00:00Z",
      [
        "the image sagemaker-xgboost:3.2-0 reached its end of support on 2027-05-13: AWS no longer patches it",
      ],
    ],
  ];
  for (const [now, expected] of cases) {
    it(`cause ${expected.length} warnings at ${now}`, () => {
      deepEqual(supportWarnings(["xgboost", "dataWrangler"], new Date(now)), expected);
    });
  }

  it("cause warnings at preview if the stack uses them", async () => {
    mock.timers.enable({ apis: ["Date"], now: new Date("2027-05-01T00:00:00Z") });
    try {
      const network = { mode: "none" };
      const { definition, warnings } = await program({ network });
      const scripts =
        "the image sagemaker-scikit-learn:1.9-0-cpu-py3 reaches its end of support on 2027-07-16: AWS patches it " +
        "until then";
      deepEqual(warnings, [scripts, boost]);
      const tree = {
        name: "Tree",
        algorithm: "decision-tree",
        ranges: { max_leaf_nodes: { type: "integer", min: 10, max: 100 } },
      };
      deepEqual((await program({ network, candidates: [tree] })).warnings, [scripts]);
      mock.timers.setTime(new Date("2026-11-26T00:00:00Z").getTime());
      const earlier = await program({ network });
      deepEqual(earlier.warnings, []);
      // The clock decides about warnings only.
      deepEqual(earlier.definition, definition);
    } finally {
      mock.timers.reset();
    }
  });

  it("are of versions that AWS still patches", async () => {
    const { definition } = await program({ network: { mode: "none" } });
    const named = JSON.stringify(definition).match(/\/sagemaker-[^"/:]+:[^"]+/g) ?? [];
    deepEqual([...new Set(named)].sort(), [
      "/sagemaker-data-wrangler-container:5.1.3",
      "/sagemaker-scikit-learn:1.9-0-cpu-py3",
      "/sagemaker-xgboost:3.2-0",
    ]);
  });
});

describe("a service that accepts no new customers", () => {
  it("causes a warning at preview if it is enabled", async () => {
    mock.timers.enable({ apis: ["Date"], now: new Date("2026-11-26T00:00:00Z") });
    try {
      const { warnings } = await program({ network: { mode: "none" }, dataQualityBaseline: true });
      equal(warnings.length, 1);
      equal(
        warnings[0],
        "restate:dataQualityBaseline uses SageMaker Model Monitor, which is closed to new customers since 2026-07-30: " +
          "in an account that did not use it before, its jobs fail",
      );
    } finally {
      mock.timers.reset();
    }
  });
});

describe("an MLflow app", () => {
  it("causes a warning at preview in a region for which it was not announced", async () => {
    mock.timers.enable({ apis: ["Date"], now: new Date("2026-11-26T00:00:00Z") });
    try {
      const warnings = async (region: string): Promise<readonly string[]> => {
        const config = { network: { mode: "none" }, tracking: "both", "aws:region": region };
        return (await program(config)).warnings;
      };
      deepEqual(await warnings("us-east-1"), []);
      deepEqual(await warnings("eu-south-2"), [
        "restate:tracking creates an MLflow app, which AWS did not announce for eu-south-2: if the region has none, " +
          "`pulumi up` fails",
      ]);
    } finally {
      mock.timers.reset();
    }
  });
});
