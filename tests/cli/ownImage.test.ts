import { deepEqual, equal, match } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { extract } from "tar";

import type { JsonObject } from "../../pipeline/language/json";
import { commandLine } from "../support/commandLine";
import { type Ended, temporaryFolder } from "../support/localRun";
import { definitionOf, failStep, scriptStep } from "../support/localWorld";

const image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/own:1";

const trainStep: JsonObject = {
  Name: "Train",
  Type: "Training",
  Arguments: {
    AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: "File" },
    HyperParameters: { colour: "red" },
    InputDataConfig: [
      {
        ChannelName: "train",
        DataSource: {
          S3DataSource: {
            S3DataType: "S3Prefix",
            S3Uri: "s3://team-bucket/data/rows.csv",
            S3DataDistributionType: "FullyReplicated",
          },
        },
      },
    ],
    OutputDataConfig: { S3OutputPath: "s3://team-bucket/models" },
    ResourceConfig: { InstanceCount: 1, InstanceType: "ml.m5.large", VolumeSizeInGB: 1 },
    RoleArn: "arn:aws:iam::111122223333:role/team",
    StoppingCondition: { MaxRuntimeInSeconds: 300 },
  },
};

/** Trains as programs of others do: by paths below /opt/ml. */
const training = `
import json
parameters = json.load(open("/opt/ml/input/config/hyperparameters.json"))
rows = open('/opt/ml/input/data/train/rows.csv').read().splitlines()
json.dump({"colour": parameters["colour"], "rows": len(rows)}, open("/opt/ml/model/seen.json", "w"))
`;

/** Serves without a model: answers with what it is sent, in a line that has no end. */
const serving = `
import json, os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer("")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.answer(json.dumps([self.headers["content-type"], self.headers["accept"], body]))

    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
`;

describe("npm run local, with custom images,", () => {
  const folder = temporaryFolder();
  const workFolder = join(folder, "work");
  const objects = join(folder, "objects");

  function write(path: string, content: string): void {
    const full = join(folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
  }

  before(() => {
    write("objects/team-bucket/data/rows.csv", "1,2\n3,4\n5,6\n");
    write(
      "objects/team-bucket/code/fails.py",
      'import os\nprint("about to fail", flush=True)\nraise SystemExit(os.environ["REASON"])\n',
    );
    // It has the name of a package of ours, which the warm interpreter has in memory.
    write("package/decision_tree/__init__.py", "");
    write(
      "package/decision_tree/__main__.py",
      "import sys\nfrom decision_tree.training import fit\nassert sys.argv[1:] == ['train']\nfit()\n",
    );
    write(
      "package/decision_tree/training.py",
      `def fit():\n${training.trim().replace(/^/gm, "    ")}\n`,
    );
    write("scripts/train", `#!/usr/bin/env python3\n${training}`);
    write("scripts/serve", serving);
    write("nothing/readme.txt", "");
  });

  const local = (verb: string, ...args: readonly string[]): Promise<Ended> =>
    commandLine(["--local", verb, "--work-folder", workFolder, ...args]);

  const run = (steps: readonly JsonObject[], ...args: readonly string[]): Promise<Ended> => {
    write("definition.json", definitionOf(steps));
    const definition = join(folder, "definition.json");
    return local("run", "--definition", definition, "--s3", objects, "--quiet", ...args);
  };

  for (const program of ["package", "scripts"]) {
    it(`trains with a folder's program: its ${program}`, async () => {
      const given = `${image}=${join(folder, program)}`;
      const { code, stderr, stdout } = await run([trainStep], "--image", given, "--json");
      equal(code, 0, stderr);
      const { execution } = JSON.parse(stdout) as { execution: string };
      const to = mkdtempSync(join(folder, "model-"));
      const models = join(workFolder, "s3", "team-bucket", "models");
      const file = join(models, `${execution}-Train`, "output", "model.tar.gz");
      await extract({ file, cwd: to });
      deepEqual(JSON.parse(readFileSync(join(to, "seen.json"), "utf8")), {
        colour: "red",
        rows: 3,
      });
    });
  }

  it("sends JSON, by line or whole, to a model without an artifact, and keeps its responses", async () => {
    const role = "arn:aws:iam::111122223333:role/team";
    const steps = (split: string, type: string, output: JsonObject): readonly JsonObject[] => [
      {
        Name: "Model",
        Type: "Model",
        Arguments: { ExecutionRoleArn: role, PrimaryContainer: { Image: image } },
      },
      {
        Name: "Predict",
        Type: "Transform",
        Arguments: {
          ModelName: { Get: "Steps.Model.ModelName" },
          BatchStrategy: "SingleRecord",
          TransformInput: {
            ContentType: type,
            DataSource: {
              S3DataSource: { S3DataType: "S3Prefix", S3Uri: "s3://team-bucket/data/rows.jsonl" },
            },
            SplitType: split,
          },
          TransformOutput: { S3OutputPath: "s3://team-bucket/out", ...output },
          TransformResources: { InstanceType: "ml.m5.large", InstanceCount: 1 },
        },
      },
    ];
    write("objects/team-bucket/data/rows.jsonl", '{"a": "1,2"}\n{"a": 3}\n');
    const answersTo = async (...given: Parameters<typeof steps>): Promise<string> => {
      const { code, stderr } = await run(
        steps(...given),
        ...["--image", `${image}=${join(folder, "scripts")}`],
      );
      equal(code, 0, stderr);
      const out = join(workFolder, "s3", "team-bucket", "out", "rows.jsonl.out");
      return readFileSync(out, "utf8");
    };
    const line = (...sent: readonly string[]): string =>
      JSON.stringify(sent).replaceAll('","', '", "');
    equal(
      await answersTo("Line", "application/jsonlines", { AssembleWith: "Line" }),
      `${line("application/jsonlines", "*/*", '{"a": "1,2"}\n')}\n` +
        `${line("application/jsonlines", "*/*", '{"a": 3}\n')}\n`,
    );
    equal(
      await answersTo("None", "application/json", { Accept: "application/json" }),
      line("application/json", "application/json", '{"a": "1,2"}\n{"a": 3}\n'),
    );
  });

  it("runs under the given pipeline's name, and lists its executions under it", async () => {
    const says = { "Std:Join": { On: " ", Values: ["in", { Get: "Execution.PipelineName" }] } };
    const { stderr } = await run([failStep("Say", says)], "--pipeline-name", "Team-Pipeline");
    match(stderr, /^error: step Say failed: in Team-Pipeline\n/);
    const { stdout } = await local("status", "--json");
    const status = JSON.parse(stdout) as { arn: string; pipelineName: string };
    equal(status.pipelineName, "Team-Pipeline");
    match(status.arn, /:pipeline\/team-pipeline\/execution\/\w{12}$/);
    const bad = await run([failStep("Say", says)], "--pipeline-name", "team_pipeline");
    equal(bad.code, 1);
    match(
      bad.stderr,
      /'team_pipeline' is invalid\. It must be 1 to 256 letters, digits and hyphens/,
    );
  });

  const bad: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      "an image that nothing runs",
      [],
      /own:1" is not an image that can train here; use --image to run it\n$/,
    ],
    [
      "a folder that is not there",
      ["--image", `${image}=/nowhere`],
      /^error: --image .*own:1=\/nowhere: folder does not exist: \/nowhere\n$/,
    ],
    [
      "a folder without a program",
      ["--image", `${image}=${join(folder, "nothing")}`],
      /nothing must contain one Python package with a __main__\.py \(found: none\), or a Python script named train or serve\n$/,
    ],
    [
      "an image that no step has",
      ["--image", `other:1=${folder}`],
      /^error: --image: no step of the definition uses the image other:1; they use .*own:1\n$/,
    ],
  ];
  for (const [what, args, message] of bad) {
    it(`refuses ${what}, before anything runs`, async () => {
      const { code, stderr } = await run([trainStep], ...args);
      equal(code, 1);
      match(stderr, message);
    });
  }

  describe("a failed step", () => {
    let failed: Ended;
    let id: string;

    const failing = (reason: string): JsonObject => {
      const step = scriptStep("Check", "fails.py", { DependsOn: ["Train"] });
      return {
        ...step,
        Arguments: { ...(step["Arguments"] as JsonObject), Environment: { REASON: reason } },
      };
    };
    const given = (): readonly string[] => ["--image", `${image}=${join(folder, "package")}`];

    before(async () => {
      failed = await run([trainStep, failing("no luck")], ...given());
      id = /--source (\w+)/.exec(failed.stderr)?.[1] ?? "";
    });

    it("is reported with its reason, its log, and commands to run it again and open its folder", () => {
      equal(failed.code, 1);
      const lines = failed.stderr.trimEnd().split("\n");
      const work = `--work-folder ${workFolder}`;
      const definition = join(folder, "definition.json");
      deepEqual(lines, [
        "error: step Check failed: exit code 1",
        "about to fail",
        "no luck",
        `log: ${join(workFolder, "executions", id, "logs", "Check.log")}`,
        `to run only this step: npm run local -- run --only Check --source ${id} --definition ${definition} ` +
          `--s3 ${objects} --image ${image}=${join(folder, "package")} ${work}`,
        `to open its folder: npm run local -- shell Check ${id} ${work}`,
      ]);
    });

    it("can be inspected in a shell with its folder and environment", async () => {
      const at = join(workFolder, "executions", id, "jobs", "Check", "opt", "ml");
      const there = await local("shell", "Check", "--", "sh", "-c", 'pwd; echo "$REASON"; exit 7');
      deepEqual([there.stdout, there.code], [`${at}\nno luck\n`, 7], there.stderr);
      const script = join(at, "processing", "input", "code", "fails.py");
      const again = await local("shell", "Check", id, "--", "python", script);
      deepEqual([again.stdout, again.stderr, again.code], ["about to fail\n", "no luck\n", 1]);
    });

    it("has no shell if it did not fail or does not exist", async () => {
      const done = await local("shell", "Train");
      equal(done.code, 1);
      match(
        done.stderr,
        /^error: there is no job folder for step Train of execution \w+ \(Succeeded\): only the job that/,
      );
      match((await local("shell", "Chek")).stderr, /has no step Chek; did you mean Check\?\n$/);
      const aws = await commandLine(["shell", "Check"]);
      match(
        aws.stderr,
        /^error: shell only works on this machine: add --local; for a stack in AWS, `logs Check` prints/,
      );
      equal(aws.code, 1);
    });

    it("fails the same way when run alone, and keeps only one folder", async () => {
      const line = /npm run local -- (run .*)/.exec(failed.stderr)?.[1] ?? "";
      const again = await commandLine(["--local", ...line.split(" "), "--quiet"]);
      equal(again.code, 1);
      match(again.stderr, /^error: step Check failed: exit code 1\nabout to fail\nno luck\n/);
      const executions = join(workFolder, "executions");
      const second = /--source (\w+)/.exec(again.stderr)?.[1] ?? "";
      await run([failing("third")].map((step) => ({ ...step, DependsOn: [] })));
      const kept = readdirSync(executions).filter((one) =>
        readdirSync(join(executions, one)).includes("jobs"),
      );
      // The next run removes what the second one left.
      equal(kept.includes(id), false);
      equal(kept.length, 2);
      await run([failing("fourth")].map((step) => ({ ...step, DependsOn: [] })));
      equal(readdirSync(join(executions, second)).includes("jobs"), false);
    });

    it("is reported the same by retry and status, with a command that can be copied", async () => {
      const work = `--work-folder ${workFolder}`;
      const folderOf = join(workFolder, "executions", id);
      const definition = join(folderOf, "definition.json");
      const lines = (options: string): readonly string[] => [
        `log: ${join(folderOf, "logs", "Check.log")}`,
        `to run only this step: npm run local -- run --only Check --source ${id} ` +
          `--definition ${definition}${options} ${work}`,
        `to open its folder: npm run local -- shell Check ${id} ${work}`,
      ];
      const status = async (): Promise<readonly string[]> => {
        const { stdout } = await local("status", id);
        return stdout
          .slice(stdout.indexOf("\nlog: ") + 1)
          .trimEnd()
          .split("\n");
      };
      // The folder is gone.
      deepEqual(await status(), lines("").slice(0, 2));
      const retried = await local("retry", id, ...given());
      equal(retried.code, 1);
      const reason = "error: step Check failed: exit code 1\nabout to fail\nno luck\n";
      equal(retried.stderr, `${reason}${lines(` ${given().join(" ")}`).join("\n")}\n`);
      deepEqual(await status(), lines(""));
      const line = /npm run local -- (run .*)/.exec(retried.stderr)?.[1] ?? "";
      const again = await commandLine(["--local", ...line.split(" "), "--quiet"]);
      equal(again.stderr.startsWith(reason), true, again.stderr);
    });
  });
});
