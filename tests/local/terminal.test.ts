import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";

import { housingRows, writeRows } from "../support/housing";
import {
  type Ended,
  local,
  smallDefinition,
  temporaryFolder,
  writeDefinition,
} from "../support/localRun";

describe("the output of npm run local", () => {
  const folder = temporaryFolder();
  const data = writeRows(join(folder, "housing.data"), housingRows(400));
  let definition: string;

  before(async () => {
    definition = writeDefinition(folder, await smallDefinition());
  });

  const run = (args: readonly string[], environment = {}): Promise<Ended> =>
    local(
      [
        ...["--definition", definition, "--data", data],
        ...["--work-folder", join(folder, "work"), ...args],
      ],
      environment,
    );

  it("is plain lines and a table that fits a narrow terminal, without colours on request", async () => {
    const { code, stderr, stdout } = await run([], { COLUMNS: "60", NO_COLOR: "1" });
    equal(code, 0, stderr);
    equal(stderr, "");
    equal(stdout.includes("\u001b"), false);
    match(stdout, /^▶ TuneXGBoost$/m);
    match(stdout, /^ {2}TuneXGBoost 3\/3: validation:rmse \d/m);
    const lines = stdout.split("\n");
    const table = lines.slice(lines.findIndex((line) => line.startsWith("┌")));
    deepEqual(
      table.filter((line) => line.length > 60 && !/^(Report|Winner|baseline): /.test(line)),
      [],
    );
    match(table.join("\n"), /│ Candidate +│ +R² │/);
    match(table.join("\n"), /^XGBoost: .*eta=/m);
    match(
      table.join("\n"),
      /^baseline: \w+ alone R² 0\.\d{4} \(RMSE [\d,]+; of the mean [\d,]+\)$/m,
    );
  });

  it("has the hyperparameters in the table if there is room", async () => {
    const { stdout } = await run(["--quiet"], { COLUMNS: "120" });
    match(stdout, /│ Best hyperparameters/);
    ok(!/^▶/m.test(stdout));
  });

  it("with --json is one JSON object, with the progress on standard error", async () => {
    const { stderr, stdout } = await run(["--json"]);
    equal((JSON.parse(stdout) as { status: string }).status, "Succeeded");
    equal(stdout.trim().split("\n").length, 1);
    match(stderr, /✓.* TuneXGBoost/);
  });
});
