import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { parse } from "yaml";

interface Job {
  readonly if?: string;
  readonly needs?: string;
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
  it("pin third-party actions to a commit", () => {
    for (const file of files) {
      for (const [, action = ""] of readFileSync(file, "utf8").matchAll(/uses: (.+)/g)) {
        match(action, /^\.\/|^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, file);
      }
    }
  });

  it("have read-only permissions, except for jobs that use AWS or comment", () => {
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

  it("give pull requests from forks no credentials", () => {
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

  it("insert nothing into scripts that a pull request's author controls", () => {
    for (const file of readdirSync(folder)) {
      for (const [name, { steps }] of Object.entries(workflow(file).jobs)) {
        for (const { run = "" } of steps) {
          equal(run.includes("${{"), false, `${file}: ${name}: ${run}`);
        }
      }
    }
  });

  it("limit comments to GitHub's 65,536 characters", () => {
    const parts = Object.values(workflow("pull-request.yml").jobs).flatMap(({ steps }) =>
      steps.flatMap(({ run = "" }) => {
        const stacks = /for stack in ([\w ]+);/.exec(run)?.[1]?.split(" ").length ?? 1;
        return [...run.matchAll(/head -c (\d+)/g)].map(([, bytes]) => stacks * Number(bytes));
      }),
    );
    equal(parts.length, 3);
    ok(parts.reduce((sum, bytes) => sum + bytes, 0) < 65_000);
  });

  it("verify the Pulumi CLI's checksum", () => {
    const action = readFileSync(".github/actions/setup/action.yml", "utf8");
    match(action, /SHA256: [0-9a-f]{64}\n/);
    match(action, /sha256sum --check\n +sudo tar /);
    equal(
      /ARCHIVE: pulumi-(v[\d.]+)-linux-x64/.exec(action)?.[1],
      /version=(v[\d.]+)/.exec(readFileSync("tests/engine/pulumi.sh", "utf8"))?.[1],
      "the engine's tests build the version that the workflows take",
    );
  });

  it("limit an update to the plan that its reviewers saw", () => {
    const { plan, up } = workflow("deploy.yml").jobs;
    equal(up?.needs, "plan");
    const commands = (job: Job | undefined): string =>
      job?.steps.map(({ run }) => run ?? "").join("\n") ?? "";
    match(commands(plan), /pulumi preview .*--save-plan plan\.json/);
    match(commands(up), /pulumi up .*--plan plan\.json/);
    const configured = /pulumi config set .*/g;
    deepEqual(commands(up).match(configured), commands(plan).match(configured));
  });

  it("use no environment that admits only tags from an event on main", () => {
    for (const file of ["serve.yml", "drift.yml"]) {
      for (const { environment = "" } of Object.values(workflow(file).jobs)) {
        match(environment, /^(serving|drift)-\$/, file);
      }
    }
  });

  describe("report drift", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "restate-drift-"));
      writeFileSync(join(folder, "drift.txt"), "~ aws:s3/bucket:Bucket data-bucket\n");
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    /** Runs the script with a `gh` that says what it was asked; returns its exit status and that. */
    function tell(status: number, open: string): { status: number | null; asked: string } {
      const script = `#!/bin/sh
if [ "$2" = list ]; then printf '%s' '${open}'; exit; fi
echo "$@" >>"${folder}/asked"
for file; do case $file in /*) cat "$file" >>"${folder}/asked";; esac; done
`;
      writeFileSync(join(folder, "gh"), script, { mode: 0o755 });
      const told = spawnSync(
        "bash",
        [".github/tellDrift.sh", "dev", String(status), join(folder, "drift.txt"), "https://run"],
        {
          encoding: "utf8",
          env: {
            PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}`,
            GITHUB_REPOSITORY: "owner/name",
          },
        },
      );
      equal(told.stderr, "");
      const asked = join(folder, "asked");
      return { status: told.status, asked: existsSync(asked) ? readFileSync(asked, "utf8") : "" };
    }

    it("in a new issue with the differences", () => {
      const { status, asked } = tell(7, "");
      equal(status, 1);
      match(asked, /^issue create --repo owner\/name --title Drift of dev --body-file /);
      match(asked, /https:\/\/run[^]*~ aws:s3\/bucket:Bucket data-bucket/);
    });

    it("in the open issue", () => {
      match(tell(7, "12").asked, /^issue edit 12 --repo owner\/name --body-file /);
    });

    it("no longer once there is none", () => {
      const { status, asked } = tell(0, "12");
      equal(status, 0);
      match(asked, /^issue close 12 --repo owner\/name --comment /);
      rmSync(join(folder, "asked"));
      deepEqual(tell(0, ""), { status: 0, asked: "" });
    });
  });

  it("have no findings in zizmor", () => {
    const { status, stderr, stdout } = spawnSync(
      join(".venv", "bin", "zizmor"),
      ["--offline", "--no-progress", "--format=plain", ".github"],
      { encoding: "utf8" },
    );
    equal(status, 0, stdout + stderr);
  });

  it("have no findings in actionlint", function () {
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
