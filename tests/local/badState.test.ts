import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { housingRows, writeRows } from "../support/housing";
import {
  type Ended,
  local,
  localProcess,
  smallDefinition,
  temporaryFolder,
  writeDefinition,
} from "../support/localRun";

/** Checks that a command failed by one clear error, without a stack trace. */
function failedBy({ code, stderr }: Ended, message: RegExp): void {
  equal(code, 1, stderr);
  match(stderr, message);
  equal(/^ {4}at /m.test(stderr) || stderr.includes("Traceback"), false, stderr);
}

describe("npm run local, with a faulty machine or folder,", () => {
  const folder = temporaryFolder();
  const data = writeRows(join(folder, "housing.data"), housingRows(400));
  let definition: string;

  before(async () => {
    definition = writeDefinition(folder, await smallDefinition());
  });

  const argumentsFor = (work: string): readonly string[] => [
    ...["--definition", definition, "--data", data, "--work-folder", work, "--quiet", "--json"],
  ];
  const run = (work: string, ...args: readonly string[]): Promise<Ended> =>
    local([...argumentsFor(work), ...args]);
  const list = async (command: string, work: string): Promise<readonly unknown[]> => {
    const { code, stderr, stdout } = await local([command, "--work-folder", work, "--json"]);
    equal(code, 0, stderr);
    return JSON.parse(stdout) as readonly unknown[];
  };

  it("reports a full disk, keeps the results of earlier runs, and continues when there is space", async function () {
    const work = join(folder, "small");
    mkdirSync(work);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=32m", "restate-test", work]);
    if (mounted.status !== 0) {
      this.skip(); // It needs the right to mount a file system.
    }
    try {
      equal((await run(work)).code, 0);
      const { bavail, bsize } = statfsSync(work);
      const filler = join(work, "filler");
      writeFileSync(filler, Buffer.alloc(bavail * bsize - 96 * 1024));
      const full = await run(work, "--no-cache");
      failedBy(full, /the disk is full/);
      equal(
        full.stderr
          .trim()
          .split("\n")
          .filter((line) => line.startsWith("error:")).length,
        1,
      );
      equal((await list("models", work)).length, 1);
      rmSync(filler);
      equal((await run(work)).code, 0);
      deepEqual((await list("models", work)).length, 2);
    } finally {
      spawnSync("umount", ["--lazy", work]);
    }
  });

  it("skips and names damaged documents, and shows everything else", async () => {
    const work = join(folder, "damaged");
    const executions = join(work, "executions");
    equal((await run(work)).code, 0);
    const [first = ""] = readdirSync(executions);
    equal((await run(work)).code, 0);
    const second = readdirSync(executions).find((id) => id !== first) ?? "";
    const record = join(executions, second, "execution.json");
    writeFileSync(record, readFileSync(record, "utf8").slice(0, 500));
    writeFileSync(join(executions, first, "definition.json"), "{");
    const model = join(work, "models", "restate-dev", "1.json");
    writeFileSync(model, "");

    const runs = await localProcess(["runs", "--work-folder", work, "--json"]);
    equal((JSON.parse(runs.stdout) as readonly unknown[]).length, 1);
    // The models are read too: they tell which executions registered one. The first now seems to have registered none.
    const [unread = "", ...rest] = runs.stderr.trimEnd().split("\n").reverse();
    match(unread, /^Champion: the verdict cannot be read: .*: the definition is not JSON: /);
    deepEqual(
      rest.reverse(),
      [record, model].map((path) => `warning: ${path} is damaged, so it is skipped`),
    );
    const models = await localProcess(["models", "--work-folder", work, "--json"]);
    deepEqual(
      (JSON.parse(models.stdout) as readonly { version: number }[]).map(({ version }) => version),
      [2],
    );
    equal(models.stderr, `warning: ${model} is damaged, so it is skipped\n`);
    failedBy(
      await local(["compare", first, first, "--work-folder", work]),
      /the definition of arn:\S+: the definition is not JSON: /,
    );
    const next = await run(work);
    equal(next.code, 0, next.stderr);
    equal((JSON.parse(next.stdout) as { model: { version: number } }).model.version, 3);
  });

  it("names a truncated definition", async () => {
    const path = join(folder, "cut.json");
    writeFileSync(path, readFileSync(definition, "utf8").slice(0, 5000));
    failedBy(
      await run(join(folder, "cut"), "--definition", path),
      /^error: --definition: .*cut\.json: the definition is not JSON: /,
    );
  });

  it("explains why it cannot use its work folder", async () => {
    failedBy(
      await run(join(data, "work")),
      /^error: a file is in the place of a folder: cannot stat .*housing\.data\/work/,
    );
  });
});
