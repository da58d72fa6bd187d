import { deepEqual, equal, match, rejects } from "node:assert/strict";

import { evaluateProgram } from "../../offline/program";
import { text } from "../support/json";

describe("the configuration of the provider", () => {
  it("refuses a stack without a region", async () => {
    await rejects(evaluateProgram("test", {}), { message: /aws:region: missing; set it with/ });
  });

  it("passes the rest of the namespace aws to the provider, and adds its own tags", async () => {
    const { resources } = await evaluateProgram("test", {
      "aws:region": "us-east-1",
      "aws:assumeRoles": '[{"roleArn":"arn:aws:iam::111122223333:role/deploys"}]',
      "aws:defaultTags": '{"tags":{"team":"houses","stack":"another"}}',
      "aws:maxRetries": "7",
    });
    const provider = resources.find(({ type }) => type === "pulumi:providers:aws")?.inputs;
    match(text(provider?.["assumeRoles"]), /role\/deploys/);
    equal(provider?.["maxRetries"], "7");
    deepEqual(JSON.parse(text(provider["defaultTags"])), {
      tags: { team: "houses", stack: "test", project: "restate" },
    });
  });

  it("refuses values that the provider could not read", async () => {
    const config = { "aws:region": "us-east-1", "aws:assumeRoles": "deploys", "restate:typo": "1" };
    await rejects(evaluateProgram("test", config), {
      message: /restate:typo.*aws:assumeRoles: is not valid JSON/s,
    });
  });

  it("refuses more default tags than an S3 object allows in addition to the stack's", async () => {
    const withTags = (count: number): Promise<unknown> =>
      evaluateProgram("test", {
        "aws:region": "us-east-1",
        "restate:network": '{"mode":"none"}',
        "aws:defaultTags": JSON.stringify({
          tags: Object.fromEntries(
            ["stack", ...Array.from({ length: count }, (_, index) => `tag${index}`)].map((key) => [
              key,
              "x",
            ]),
          ),
        }),
      });
    await withTags(8);
    await rejects(withTags(9), {
      message: /aws:defaultTags: has 9 tags; 8 are allowed in addition to project and stack/,
    });
  });

  it("passes profile and allowed accounts to the provider", async () => {
    const { resources } = await evaluateProgram("test", {
      "aws:region": "us-east-1",
      "aws:profile": "team",
      "aws:allowedAccountIds": '["111122223333"]',
    });
    const provider = resources.find(({ type }) => type === "pulumi:providers:aws")?.inputs;
    equal(provider?.["profile"], "team");
    // Inputs of providers are text.
    deepEqual(JSON.parse(text(provider["allowedAccountIds"])), ["111122223333"]);
  });

  for (const accounts of ["111122223333", '["production"]', "[1"]) {
    it(`refuses ${accounts} as allowed accounts`, async () => {
      const config = { "aws:region": "us-east-1", "aws:allowedAccountIds": accounts };
      await rejects(evaluateProgram("test", config), {
        message: /aws:allowedAccountIds: must be a JSON list of account numbers/,
      });
    });
  }

  it("refuses an invalid region", async () => {
    await rejects(evaluateProgram("test", { "aws:region": "Virginia" }), {
      message: /aws:region: "Virginia" is not a valid region \(expected something like us-east-1\)/,
    });
  });
});
