import { equal, rejects } from "node:assert/strict";

import { AwsServices, modelArn } from "./support/awsServices";
import { mainExports, serve } from "./support/serving";

/** The exports of the main stack, but for some. */
const without = (...names: readonly string[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(mainExports).filter(([name]) => !names.includes(name)));

describe("serving's lookups", () => {
  const aws = new AwsServices();

  before(() => aws.start());
  after(() => {
    aws.stop();
  });

  describe("the main stack", () => {
    const name = "organization/restate/dev";
    const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
      [
        "has no outputs",
        {},
        `The stack ${name} does not have restate's exports: is it deployed, and is it the main stack?`,
      ],
      [
        "is from before serving",
        without("servingRoleArn", "monitoringRoleArn"),
        `The stack ${name} does not export servingRoleArn, monitoringRoleArn: deploy it with this version first`,
      ],
      [
        "exports an empty text",
        { ...mainExports, kmsKeyArn: "" },
        `The stack ${name} does not export kmsKeyArn: deploy it with this version first`,
      ],
      [
        "exports a text for a list",
        { ...mainExports, subnetIds: "subnet-1" },
        `The stack ${name} does not export subnetIds: deploy it with this version first`,
      ],
      [
        "exports another version",
        { ...mainExports, outputsVersion: "2" },
        `The stack ${name} exports version "2" of its outputs, but this program reads version "1": deploy both ` +
          "from the same version",
      ],
    ];
    for (const [what, exported, message] of cases) {
      it(`is named if it ${what}`, async () => {
        await rejects(serve({}, exported), { message });
      });
    }
  });

  describe("the model", () => {
    it("is the latest approved one, even after pages of others", async () => {
      aws.models = [
        { version: 1, approval: "Approved" },
        { version: 2, approval: "Approved" },
        ...[3, 4, 5].map(
          (version) => ({ version, approval: "Approved", status: "Failed" }) as const,
        ),
        { version: 6, approval: "Rejected" },
      ];
      equal((await serve()).outputs.modelPackageArn, modelArn(2));
    });

    it("is the configured one, if it is approved", async () => {
      aws.models = [
        { version: 1, approval: "Approved" },
        { version: 2, approval: "Approved" },
        { version: 3, approval: "PendingManualApproval" },
      ];
      const served = await serve({ modelPackageArn: modelArn(1) });
      equal(served.outputs.modelPackageVersion, "1");
      await rejects(serve({ modelPackageArn: modelArn(3) }), {
        message: `restate-serving:modelPackageArn: ${modelArn(3)} has the status PendingManualApproval: approve it first`,
      });
    });

    it("is not served serverless if it is an inference pipeline", async () => {
      aws.models = [{ version: 1, approval: "Approved", containers: 2 }];
      equal((await serve()).outputs.modelPackageArn, modelArn(1));
      const serverless = { compute: { mode: "serverless" }, network: "none" };
      await rejects(serve(serverless), {
        message:
          `restate-serving:compute: ${modelArn(1)} is an inference pipeline of 2 containers, which serverless endpoints ` +
          "do not run: choose mode real-time",
      });
    });

    it("is not of another stack", async () => {
      aws.models = [{ version: 1, approval: "Approved" }];
      const foreign = modelArn(1, "restate-prod");
      await rejects(serve({ modelPackageArn: foreign }), {
        message: `restate-serving:modelPackageArn: ${foreign} is not in the main stack's group restate-dev`,
      });
    });

    it("is named if SageMaker does not find it", async () => {
      aws.models = [];
      await rejects(serve({ modelPackageArn: modelArn(9) }), {
        message: `Cannot look up the models of restate-dev: ValidationException: ModelPackage does not exist.`,
      });
      await rejects(serve(), {
        message:
          "The model package group restate-dev has no approved model yet: approve one first, then deploy again",
      });
    });

    it("is not looked up without credentials, and the error says how to sign in", async () => {
      const without = {
        AWS_ACCESS_KEY_ID: "",
        AWS_CONFIG_FILE: "/nowhere",
        AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
      };
      const before = Object.keys(without).map((name) => [name, process.env[name] ?? ""]);
      Object.assign(process.env, without);
      try {
        await rejects(serve(), {
          message:
            /^Cannot look up the models of restate-dev: CredentialsProviderError: .*; sign in with `aws sso login`, /,
        });
      } finally {
        Object.assign(process.env, Object.fromEntries(before));
      }
    });
  });
});
