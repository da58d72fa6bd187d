import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

import { parse } from "yaml";

interface Job {
  readonly if?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly run?: string }[];
  readonly "timeout-minutes"?: number;
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = ".github/workflows";
const files = [
  ".github/actions/setup/action.yml",
  ...readdirSync(folder).map((file) => join(folder, file)),
];
const workflow = (file: string): Workflow =>
  parse(readFileSync(join(folder, file), "utf8")) as Workflow;

/** The linter of workflows, where it is installed. */
function actionlint(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return [...folders, join(homedir(), ".cache", "restate", "bin")]
    .map((path) => join(path, "actionlint"))
    .find(existsSync);
}

describe("workflows", () => {
  it("pin each action of others by its commit", () => {
    for (const file of files) {
      for (const [, action = ""] of readFileSync(file, "utf8").matchAll(/uses: (.+)/g)) {
        match(action, /^\.\/|^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, file);
      }
    }
  });

  it("may read, and no more, but for the jobs that speak to AWS or comment", () => {
    for (const file of readdirSync(folder)) {
      deepEqual(workflow(file).permissions, { contents: "read" }, file);
      for (const [name, job] of Object.entries(workflow(file).jobs)) {
        equal(typeof job["timeout-minutes"], "number", `${file}: ${name}`);
        // Credentials are an environment's, which can ask for a review.
        equal(
          job.permissions?.["id-token"] === "write",
          job.environment !== undefined,
          `${file}: ${name}`,
        );
      }
    }
  });

  it("give a fork's pull request no credentials", () => {
    const { jobs } = workflow("pull-request.yml");
    equal(
      jobs["preview"]?.if,
      "github.event.pull_request.head.repo.full_name == github.repository",
    );
    deepEqual(
      Object.values(jobs).filter((job) => job.if === undefined && job.permissions !== undefined),
      [],
    );
  });

  it("put nothing that an author of a pull request can write into a script", () => {
    for (const file of readdirSync(folder)) {
      for (const [name, { steps }] of Object.entries(workflow(file).jobs)) {
        for (const { run = "" } of steps) {
          equal(run.includes("${{"), false, `${file}: ${name}: ${run}`);
        }
      }
    }
  });

  it("comment in no more than the 65,536 characters that GitHub takes", () => {
    const parts = Object.values(workflow("pull-request.yml").jobs).flatMap(({ steps }) =>
      steps.flatMap(({ run = "" }) => {
        const stacks = /for stack in ([\w ]+);/.exec(run)?.[1]?.split(" ").length ?? 1;
        return [...run.matchAll(/head -c (\d+)/g)].map(([, bytes]) => stacks * Number(bytes));
      }),
    );
    equal(parts.length, 2);
    ok(parts.reduce((sum, bytes) => sum + bytes, 0) < 65_000);
  });

  it("have no findings by actionlint", function () {
    const linter = actionlint();
    if (linter === undefined) {
      console.log("    skipped: there is no actionlint on the path or in ~/.cache/restate/bin");
      this.skip();
    }
    const { status, stdout } = spawnSync(linter, ["-no-color"], { encoding: "utf8" });
    equal(stdout, "");
    equal(status, 0);
  });
});
