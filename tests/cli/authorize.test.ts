import { deepEqual, equal, match } from "node:assert/strict";

import { local } from "../support/localRun";

describe("restate authorize", () => {
  const bucket = "arn:aws:s3:::sagemaker-restate-dev-111122223333";
  const ask = (...args: readonly string[]): ReturnType<typeof local> =>
    local(["authorize", ...args]);

  it("names the statement that allows a request, AWS's message for a denied one, and the missing condition", async () => {
    const allowed = await ask("training", "s3:GetObject", `${bucket}/executions/1/train/train.csv`);
    deepEqual(allowed, {
      code: 0,
      stderr: "",
      stdout:
        "Allowed, to arn:aws:sts::111122223333:assumed-role/restate-dev-training/SageMaker, by\n  ReadObjects of permissions-training-policy\n",
    });
    const key = "arn:aws:kms:us-east-1:111122223333:key/data-key";
    const denied = await ask("restate-dev-processing", "kms:Decrypt", key);
    equal(denied.code, 1);
    equal(
      denied.stdout,
      `Denied: User: arn:aws:sts::111122223333:assumed-role/restate-dev-processing/SageMaker is not authorized to perform: kms:Decrypt on resource: ${key} because no identity-based policy allows the kms:Decrypt action\nUseKeyThroughS3 of permissions-processing-policy would allow it if\n  StringEquals kms:ViaService: s3.us-east-1.amazonaws.com\n`,
    );
    const json = await ask(
      "processing",
      "kms:Decrypt",
      key,
      "--json",
      "--context",
      "kms:ViaService=s3.us-east-1.amazonaws.com",
    );
    equal(json.code, 0);
    deepEqual((JSON.parse(json.stdout) as { statements: unknown }).statements, [
      { policy: "permissions-processing-policy", statement: "UseKeyThroughS3" },
      { policy: "data-key-policy", statement: "OwnAccount" },
    ]);
  });

  it("names an explicit deny, and the endpoint that jobs use", async () => {
    const model = "arn:aws:s3:::sagemaker-restate-prod-111122223333/models/x";
    const outside = await ask("training", "s3:PutObject", model, "--stack", "prod");
    equal(outside.code, 1);
    match(
      outside.stdout,
      / with an explicit deny in a resource-based policy\nby\n {2}JobsThroughEndpoint of data-bucket-policy\nJobs in the stack's network use its endpoint: add --endpoint s3\n$/,
    );
    equal(
      (await ask("training", "s3:PutObject", model, "--stack", "prod", "--endpoint", "s3")).code,
      0,
    );
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ["nobody", "s3:GetObject", "*"],
      /^error: stack dev has no role nobody; it has evaluation, monitoring, pipeline, /,
    ],
    [
      ["training", "GetObject", "*"],
      /^error: "GetObject" is not an action \(expected something like s3:GetObject\)/,
    ],
    [
      ["training", "s3:GetObject", "bucket"],
      /^error: "bucket" is not a resource \(expected an ARN /,
    ],
    [
      ["training", "s3:Fetch", `${bucket}/x`],
      /^error: the request cannot be decided: s3:Fetch .*invalid\.action/,
    ],
    [
      ["training", "s3:GetObject", `${bucket}/x`, "--endpoint", "s3"],
      /^error: --endpoint: stack dev creates no VPC endpoints/,
    ],
    [["training"], /^error: missing required argument 'action'/],
  ];
  for (const [args, expected] of wrong) {
    it(`has exit code 2 for ${args.join(" ")}`, async () => {
      const { code, stderr } = await ask(...args);
      equal(code, 2);
      match(stderr, expected);
    });
  }
});
