import { deepEqual, equal } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { algorithms } from "../../pipeline/algorithms";
import { Images } from "../../local/standins/images";
import { readMetrics, readSeries } from "../../local/environments/logs";

describe("the metrics in a log", () => {
  const folder = mkdtempSync(join(tmpdir(), "restate-logs-"));
  const log = join(folder, "log");

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("are all that the built-in algorithm can report, with the last value of each", () => {
    const image = new Images("").find(
      "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1",
    );
    const definitions = image?.builtInMetrics ?? [];
    const line = (round: number): string =>
      definitions
        .map(({ name }, place) => `#011${name.replace(":", "-")}:${round}.${place}`)
        .join("");
    writeFileSync(log, `loading\n[0]${line(0)}\n[1]${line(1)}\nsaving\n`);
    const expected = definitions.map(({ name }, place) => [name, Number(`1.${place}`)] as const);
    equal(expected.length, algorithms.xgboost.MetricDefinitions.length);
    deepEqual(readMetrics(log, definitions), Object.fromEntries(expected));
    writeFileSync(log, "[0]#011validation-rmse:2.5\n");
    deepEqual(readMetrics(log, definitions), { "validation:rmse": 2.5 });
  });

  it("are found anywhere in a line, whether or not their pattern begins with .*", () => {
    writeFileSync(log, "at first: loss=3 score=1e2\nloss=2.5, then loss=2\nloss=inf\n");
    deepEqual(
      readMetrics(log, [
        { name: "last", regex: ".*loss=([0-9.]+)" },
        { name: "first", regex: "loss=([0-9.]+)" },
        { name: "either", regex: ".*score=([0-9e]+)|.*loss=(x)" },
        { name: "none", regex: ".*accuracy=([0-9.]+)" },
      ]),
      { last: 2, first: 2.5, either: 100 },
    );
    deepEqual(readSeries(log, ".*loss=([0-9.]+)"), [3, 2]);
    deepEqual(readMetrics(join(folder, "absent"), []), {});
  });
});
