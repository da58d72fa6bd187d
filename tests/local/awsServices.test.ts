import { deepEqual, equal } from "node:assert/strict";

import { AwsServices } from "../../local/environments/awsServices";

const own = "arn:aws:iam::111122223333:role/restate-dev-evaluation";

describe("AWS for the jobs of a local run", () => {
  it("is this machine's API, started once for jobs with the stack's roles", async () => {
    const calls: string[] = [];
    const services = new AwsServices(
      () => {
        calls.push("serve");
        return Promise.resolve({
          url: "http://127.0.0.1:4000",
          close: () => {
            calls.push("close");
            return Promise.resolve();
          },
        });
      },
      "eu-west-1",
      new Set([own]),
    );
    deepEqual(await services.environment("arn:aws:iam::111122223333:role/somebody"), {});
    deepEqual(await services.environment(undefined), {});
    deepEqual(calls, []);
    const found = await services.environment(own);
    deepEqual(await services.environment(own), found);
    deepEqual(
      ["AWS_ENDPOINT_URL_SAGEMAKER", "AWS_ENDPOINT_URL_S3", "AWS_REGION"].map((one) => found[one]),
      ["http://127.0.0.1:4000", "http://127.0.0.1:4000", "eu-west-1"],
    );
    equal(found["NO_PROXY"]?.endsWith("127.0.0.1"), true);
    await services.close();
    deepEqual(calls, ["serve", "close"]);
  });

  it("is neither started nor closed if no job needs it", async () => {
    const services = new AwsServices(
      () => Promise.reject(new Error("served")),
      "us-east-1",
      new Set(),
    );
    deepEqual(await services.environment(own), {});
    await services.close();
  });
});
