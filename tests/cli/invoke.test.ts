import { deepEqual, equal, match, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { DeployedStack } from "./stack";

const row = "-117.18,32.75,52.0,1504.0,208.0,518.0,196.0";

describe("npm run restate -- invoke", () => {
  const stack = new DeployedStack();
  before(async () => {
    await stack.start();
  });
  after(() => {
    stack.stop();
  });
  beforeEach(async () => {
    await stack.say({});
  });

  /** The bytes of each request. */
  const sizes = async (): Promise<readonly number[]> =>
    (await stack.calls()).map(({ request }) => Number(request["size"]));

  it("prints the prediction for a row", async () => {
    const { code, stderr, stdout } = await stack.restate(["invoke", "houses", "--", row]);
    equal(code, 0, stderr);
    equal(stdout, "-234.36\n");
  });

  it("predicts the rows of a file, one per line, and skips empty lines", async () => {
    const file = join(stack.folder, "rows.csv");
    writeFileSync(file, `1,2,3,4,5,6,7\r\n\r\n2,2,3,4,5,6,7\r\n`);
    equal((await stack.restate(["invoke", "houses", file])).stdout, "2.0\n4.0\n");
    const { stdout } = await stack.restate(["invoke", "houses", file, "--json"]);
    deepEqual(JSON.parse(stdout), [2, 4]);
  });

  it("splits a large file into requests below the limit, and keeps the order", async () => {
    const file = join(stack.folder, "large.csv");
    const count = 300_000;
    const line = (index: number): string => `${index},2.25,3.25,4.25,5.25,6.25,7.25`;
    writeFileSync(file, Array.from({ length: count }, (_, index) => line(index)).join("\n"));
    const { code, stderr, stdout } = await stack.restate(["invoke", "houses", file]);
    equal(code, 0, stderr);
    const predictions = stdout.trimEnd().split("\n").map(Number);
    equal(predictions.length, count);
    ok(predictions.every((prediction, index) => prediction === 2 * index));
    const requests = await sizes();
    equal(requests.length, 3);
    ok(
      requests.every((size) => size <= 4_000_000),
      String(requests),
    );
  });

  it("names the lines that the model rejects", async () => {
    const file = join(stack.folder, "wrong.csv");
    writeFileSync(file, "1,2,3,4,5,6,7\n1,2\n");
    const { code, stderr, stdout } = await stack.restate(["invoke", "houses", file]);
    deepEqual([code, stdout], [1, ""]);
    match(
      stderr,
      /^error: the endpoint houses rejects lines 1 to 2: InvokeEndpoint: .*2 features.*\n$/,
    );
  });

  it("reports a missing endpoint or file, no rows, and a row that is too large", async () => {
    const failed = async (endpoint: string, rows: string): Promise<string> => {
      const { code, stderr, stdout } = await stack.restate(["invoke", endpoint, "--", rows]);
      deepEqual([code, stdout], [1, ""]);
      return stderr;
    };
    equal(
      await failed("flats", row),
      "error: InvokeEndpoint: Endpoint flats of account 123 not found\n",
    );
    await stack.say({});
    match(
      await failed("houses", "nothing"),
      /^error: "nothing" is neither a CSV row nor a file: there is no file .*nothing\n$/,
    );
    const empty = join(stack.folder, "empty.csv");
    writeFileSync(empty, "\n");
    equal(await failed("houses", empty), "error: there are no rows\n");
    const huge = join(stack.folder, "huge.csv");
    writeFileSync(huge, `1,2,3,4,5,6,7\n${"1".repeat(4_000_000)}\n`);
    equal(
      await failed("houses", huge),
      "error: line 2: the row has 4000001 bytes, but a request has at most 4000000\n",
    );
    deepEqual(await sizes(), []);
  });
});
