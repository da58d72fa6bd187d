import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { defaultCandidates } from "../../pipeline/candidates";
import { commandLine } from "../support/commandLine";
import { housingRows, writeRows } from "../support/housing";
import { freePort } from "../support/ports";
import { copyProject, removeProject } from "../support/projectCopy";

const guides = ["README.md", ...readdirSync("docs").map((file) => `docs/${file}`)].filter((file) =>
  file.endsWith(".md"),
);
const examples = ["", ...readdirSync("examples")]
  .map((folder) => join("examples", folder, "README.md"))
  .filter((file) => existsSync(file));
const read = (file: string): string => readFileSync(file, "utf8");

/** The commands of a document's blocks of a kind: `sh` for those that run anywhere, `sh aws` for the rest. */
function commands(document: string, kind: string): readonly string[] {
  const blocks = read(document).matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, "gms"));
  return [...blocks].flatMap(([, block]) => (block ?? "").trim().split("\n"));
}

/** Commands that this test cannot run, since they are what runs it: `.ci/run` does. */
const runByCi = new Set(["npm run lint", "npm run typecheck", "npm test"]);

/** What each command that the guides show must say, but for those that wait for others. */
const said: Readonly<Record<string, RegExp>> = {
  "npm run local": /Winner: \w+, registered as version 1 of restate-dev/,
  "npm run local -- models": /restate-dev.*PendingManualApproval/,
  "npm run local -- approve 1": /Approved/,
  "npm run local -- invoke -117.18,32.75,52.0,1504.0,208.0,518.0,196.0": /^\d+(\.\d+)?$/m,
  "npm run local -- runs": /Succeeded/,
  "npm run local -- trials": /TuneXGBoost/,
  "npm run local -- report": /report.index\.html/,
  'npm run local -- approve 1 --comment "the best so far"': /Approved/,
  "npm run local -- reject 1": /Rejected/,
  "python3 examples/flats/make_flats.py --rows 2000 flats.csv": /^$/,
  "npm run restate -- init flats.csv --target rent": /^Pulumi\.flats\.yaml$/m,
  "npm run local -- --config-file Pulumi.flats.yaml":
    /Winner: \w+, registered as version 1 of restate-flats/,
  "npm run definition -- --stack dev": /"Version": "2020-12-01"/,
  "npm run definition -- cost": /an execution .*\nThe stack costs /s,
  "npm run definition -- cost dev prod": /an execution .* \+0\.00 /,
  "npm run definition -- diff dev prod": /MinimumR2/,
  "npm run restate -- authorize training s3:ListBucket arn:aws:s3:::sagemaker-restate-dev-111122223333":
    /^Allowed, to /m,
  "npm run restate -- authorize processing kms:Decrypt arn:aws:kms:us-east-1:111122223333:key/data-key":
    /UseKeyThroughS3 of permissions-processing-policy would allow it if/,
  "npm run local -- clean --yes": /removed/i,
};

/** Exit codes other than 0. */
const exitCodes: Readonly<Record<string, number>> = {
  "npm run definition -- diff dev prod": 1,
  "npm run restate -- authorize processing kms:Decrypt arn:aws:kms:us-east-1:111122223333:key/data-key": 1,
};

const serve = "npm run local -- serve";

/** Whether a process of a group still runs. */
function isGroupAlive(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

describe("the commands of the guides", function () {
  this.timeout(600_000);
  let project: string;
  let port: number;
  let served: ChildProcess | undefined;

  /** A command as it is run: on a port that is free, since others may use the default one. */
  const line = (command: string): string =>
    command.startsWith(serve) || command.includes(" invoke ")
      ? command.replace(/local -- (\w+)/, `local -- $1 --port ${String(port)}`)
      : command;
  const environment = (): NodeJS.ProcessEnv => ({
    ...process.env,
    RESTATE_DATA: join(project, "houses.csv"),
  });
  const run = (command: string): { readonly output: string; readonly status: number | null } => {
    const { status, stderr, stdout } = spawnSync("bash", ["-c", line(command)], {
      cwd: project,
      env: environment(),
      encoding: "utf8",
    });
    return { status, output: stdout + stderr };
  };

  /** Configures two trials a candidate, which show that a command works; how good the models are is not asked here. */
  const tryLittle = (stack: string): void => {
    const candidates = defaultCandidates.map((one) => ({ ...one, maxJobs: 2 }));
    const line = `  restate:candidates: ${JSON.stringify(candidates)}\n`;
    appendFileSync(join(project, `Pulumi.${stack}.yaml`), line);
  };

  /** Serves until it is told to stop; it says where when it is ready. */
  const startServing = async (): Promise<ChildProcess> => {
    const child = spawn("bash", ["-c", line(serve)], {
      cwd: project,
      env: environment(),
      detached: true, // A group of its own, which ends as a whole.
      stdio: ["ignore", "pipe", "pipe"],
    });
    await new Promise<void>((done, failed) => {
      let output = "";
      const look = (chunk: Buffer): void => {
        output += chunk.toString();
        if (output.includes("http://127.0.0.1")) {
          done();
        }
      };
      child.stdout.on("data", look);
      child.stderr.on("data", look);
      child.on("exit", () => {
        failed(new Error(`nothing is served: ${output}`));
      });
    });
    return child;
  };

  before(async () => {
    port = await freePort();
    project = copyProject();
    writeRows(join(project, "houses.csv"), housingRows(400));
    for (const stack of ["dev", "prod"]) {
      tryLittle(stack);
    }
  });
  after(async () => {
    if (served?.pid !== undefined) {
      process.kill(-served.pid, "SIGTERM");
      // Its last act is to keep what it has compiled.
      while (isGroupAlive(served.pid)) {
        await new Promise((done) => setTimeout(done, 50));
      }
    }
    removeProject(project);
  });

  const shown = [...new Set(guides.flatMap((document) => commands(document, "sh")))];

  it("are all run here or by .ci/run", () => {
    const known = new Set([...Object.keys(said), ...runByCi, serve]);
    deepEqual(
      shown.filter((command) => !known.has(command)),
      [],
    );
    const ci = read(".ci/run");
    for (const command of runByCi) {
      ok(ci.includes(command), command);
    }
  });

  // In the order of the table, which is that of a reader: what is served must have been approved.
  for (const [command, expected] of Object.entries(said)) {
    it(command, async () => {
      ok(shown.includes(command), "no guide shows it any more");
      if (command.includes(" invoke ")) {
        served = await startServing();
      }
      const { output, status } = run(command);
      equal(status, exitCodes[command] ?? 0, output);
      match(output, expected);
      if (command.includes(" init ")) {
        tryLittle("flats");
      }
      if (command.endsWith(" report")) {
        // The command line is bundled: the signs of its sources must stay what they are.
        const page = readFileSync(join(project, ".local", "report", "index.html"), "utf8");
        match(page, /with R² 0\.\d+ on the test rows/);
        equal(/[ÂÃ]/.test(page), false);
      }
    });
  }

  it("of the examples are run by their tests, taken from the text", () => {
    ok(read("tests/examples/test_flats.py").includes('EXAMPLE / "README.md"'));
  });

  it("that need AWS only name existing npm scripts, options and commands", async () => {
    const inline = [...guides, "serving/README.md", ...examples].flatMap((document) =>
      [...read(document).matchAll(/`(npm run [^`]+)`/g)].map(([, command]) => command ?? ""),
    );
    const blocks = [...guides, ...examples].flatMap((document) => commands(document, "sh aws"));
    const { scripts } = JSON.parse(read("package.json")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    for (const command of [...inline, ...blocks].filter((one) => one.startsWith("npm run"))) {
      const [, script = "", rest = ""] =
        /^npm run (?:--silent )?([\w:]+)(?: -- (.*))?$/.exec(command) ?? [];
      ok(script in scripts, `${command}: there is no script ${script}`);
      const words = /^node tools\/restate\.mjs(.*)$/.exec(scripts[script] ?? "")?.[1]?.split(" ");
      if (words === undefined) {
        continue;
      }
      const [first = ""] = rest.split(" ");
      const subcommand = /^[a-z]+$/.test(first) ? first : script === "local" ? "run" : "";
      const asked = [...words, subcommand, "--help"].filter((word) => word !== "");
      const { stdout: text } = await commandLine(asked);
      match(text, /Usage: /, command);
      for (const [option] of rest.split(" -- ")[0]?.matchAll(/--[a-z0-9-]+/g) ?? []) {
        ok(text.includes(option), `${command}: there is no option ${option}`);
      }
    }
  });
});
