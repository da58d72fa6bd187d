import { deepEqual, equal, match } from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { command, type Ended, temporaryFolder } from "../support/localRun";
import { copyProject, removeProject } from "../support/projectCopy";

describe("the launcher of the command line", () => {
  const folder = temporaryFolder();
  let project: string;
  const start = (...args: readonly string[]): Promise<Ended> =>
    command(process.execPath, [join(project, "tools", "restate.mjs"), ...args]);

  before(() => {
    project = copyProject();
  });
  after(() => {
    removeProject(project);
  });

  it("uses the cached bundle, and notices changed sources", async () => {
    const [first, second] = [await start("--help"), await start("--help")];
    equal(first.code, 0, first.stderr);
    deepEqual(second, first);
    match(first.stdout, /^ {2}models +list the model packages/m);
    const path = join(project, "cli", "verbs.ts");
    const [original, text] = [readFileSync(path, "utf8"), `changed in ${project}`];
    const change = (): void => {
      writeFileSync(path, original.replace("list the model packages", text));
    };
    change();
    equal((await start("--help")).stdout.split(text).length, 2);
    const kept = join(project, "node_modules", ".cache", "restate");
    const made = (): readonly string[] =>
      readdirSync(kept).filter(
        (name) =>
          /^help-.*\.cjs$/.test(name) && readFileSync(join(kept, name), "utf8").includes(text),
      );
    const [bundle = ""] = made();
    const { mtimeMs } = statSync(join(kept, bundle));
    writeFileSync(path, original);
    deepEqual(await start("--help"), first);
    change();
    equal((await start("--help")).stdout.split(text).length, 2);
    // The bundles of both sources were kept.
    deepEqual([made(), statSync(join(kept, bundle)).mtimeMs], [[bundle], mtimeMs]);
    rmSync(join(kept, bundle));
  });

  it("explains a verb by help and its name", async () => {
    const [asked, shown] = [await start("help", "runs"), await start("runs", "--help")];
    equal(asked.code, 0, asked.stderr);
    deepEqual(asked, shown);
  });

  it("passes on the arguments and the exit code", async () => {
    const { code, stderr, stdout } = await start("aprove", "1");
    deepEqual(
      [code, stdout, stderr],
      [1, "", "error: unknown verb aprove; did you mean approve?\n"],
    );
  });

  it("reports an invalid configuration, which the program finds, without a stack trace", async () => {
    const file = join(folder, "wrong.yaml");
    writeFileSync(file, "config:\n  aws:region: us-east-1\n  restate:candidate: []\n");
    deepEqual(await start("definition", "--config-file", file), {
      code: 2,
      stdout: "",
      stderr:
        "error: The configuration of stack dev is not valid:\n" +
        "  restate:candidate: unknown key; did you mean candidates?\n",
    });
  });
});
