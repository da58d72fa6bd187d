import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { extract } from "tar";

import { folderLabel } from "../../local/environments/docker";
import { commandLine } from "../support/commandLine";
import { executionIn, trialsOf } from "../support/executions";
import { housingRows, writeRows } from "../support/housing";
import {
  cliScript,
  local,
  smallDefinition,
  temporaryFolder,
  writeDefinition,
} from "../support/localRun";

/** What tests/container/docker/start.sh makes, on machines that cannot pull images. */
const base = "restate-test-base:bookworm";
const image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/restate-test-algorithm:1";

/** An algorithm that tells what its container is like, and doubles the first feature. */
const algorithm = `
import json, os, pathlib, signal, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

ml = pathlib.Path("/opt/ml")

def train():
    def stop(*_):
        print("asked to stop", flush=True)
        sys.exit(3)
    signal.signal(signal.SIGTERM, stop)
    parameters = json.loads((ml / "input/config/hyperparameters.json").read_text())
    rows = (ml / "input/data/train/rows.csv").read_text().splitlines()
    seen = {
        "interfaces": sorted(os.listdir("/sys/class/net")),
        "rows": len(rows),
        "colour": parameters["colour"],
        "user": os.getuid(),
        "home": sorted(os.listdir(ml)),
    }
    (ml / "model/seen.json").write_text(json.dumps(seen))
    if "reason" in parameters:
        sys.exit(parameters["reason"])
    print("validation:rmse=0.5", flush=True)
    time.sleep(float(parameters.get("sleep", "0")))

class Handler(BaseHTTPRequestHandler):
    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())
    def do_GET(self):
        self.answer("")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.answer("".join(f"{2 * float(line.split(',')[0])}\\n" for line in body.splitlines()))
    def log_message(self, *_):
        pass

def serve():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    HTTPServer(("0.0.0.0", 8080), Handler).serve_forever()

{"train": train, "serve": serve}[sys.argv[1]]()
`;

function docker(...args: readonly string[]): string {
  const { status, stderr, stdout } = spawnSync("docker", args, {
    encoding: "utf8",
    env: { ...process.env, DOCKER_BUILDKIT: "0" },
  });
  equal(status, 0, stderr);
  return stdout;
}

const hasDocker = spawnSync("docker", ["info"]).status === 0;
const hasBase = hasDocker && spawnSync("docker", ["image", "inspect", base]).status === 0;

describe("npm run local -- --docker", function () {
  this.timeout(600_000);
  const folder = temporaryFolder();
  const rows = ["1,2", "3,4", "5,6"];

  before(function () {
    if (!hasBase) {
      this.skip(); // tests/container/docker/start.sh starts Docker and makes the base image.
    }
    const context = join(folder, "context");
    mkdirSync(context);
    writeFileSync(join(context, "algorithm.py"), algorithm);
    const lines = [
      `FROM ${base}`,
      "COPY algorithm.py /",
      'ENTRYPOINT ["python3", "/algorithm.py"]',
    ];
    writeFileSync(join(context, "Dockerfile"), lines.join("\n"));
    docker("build", "--tag", image, context);
    const objects = join(folder, "s3", "team-bucket", "data");
    mkdirSync(objects, { recursive: true });
    writeFileSync(join(objects, "rows.csv"), rows.map((row) => `${row}\n`).join(""));
  });

  after(() => {
    if (hasBase) {
      docker("image", "rm", "--force", image);
    }
  });

  const source = {
    S3DataSource: {
      S3DataType: "S3Prefix",
      S3Uri: "s3://team-bucket/data/rows.csv",
      S3DataDistributionType: "FullyReplicated",
    },
  };

  /** Trains by an image, makes a model of it, and predicts by it. */
  const definition = (uri: string, hyperparameters: Readonly<Record<string, string>>): string =>
    writeDefinition(folder, {
      Version: "2020-12-01",
      Metadata: {},
      Parameters: [],
      Steps: [
        {
          Name: "Train",
          Type: "Training",
          Arguments: {
            AlgorithmSpecification: {
              TrainingImage: uri,
              TrainingInputMode: "File",
              MetricDefinitions: [{ Name: "validation:rmse", Regex: "validation:rmse=(.*)" }],
            },
            HyperParameters: hyperparameters,
            InputDataConfig: [{ ChannelName: "train", DataSource: source }],
            OutputDataConfig: { S3OutputPath: "s3://team-bucket/models" },
            ResourceConfig: { InstanceCount: 1, InstanceType: "ml.m5.large", VolumeSizeInGB: 1 },
            RoleArn: "arn:aws:iam::111122223333:role/team",
            StoppingCondition: { MaxRuntimeInSeconds: 300 },
            EnableNetworkIsolation: true,
          },
        },
        {
          Name: "Create",
          Type: "Model",
          Arguments: {
            ExecutionRoleArn: "arn:aws:iam::111122223333:role/team",
            PrimaryContainer: {
              Image: uri,
              ModelDataUrl: { Get: "Steps.Train.ModelArtifacts.S3ModelArtifacts" },
            },
          },
        },
        {
          Name: "Predict",
          Type: "Transform",
          Arguments: {
            ModelName: { Get: "Steps.Create.ModelName" },
            TransformInput: {
              DataSource: {
                S3DataSource: { S3DataType: "S3Prefix", S3Uri: "s3://team-bucket/data/rows.csv" },
              },
              ContentType: "text/csv",
              SplitType: "Line",
            },
            TransformOutput: { S3OutputPath: "s3://team-bucket/predictions", Accept: "text/csv" },
            TransformResources: { InstanceCount: 1, InstanceType: "ml.m5.large" },
          },
        },
      ],
    });

  const argumentsFor = (path: string, work: string): readonly string[] => [
    ...["--docker", "--definition", path, "--s3", join(folder, "s3")],
    ...["--work-folder", work, "--json"],
  ];

  const left = (work: string): readonly string[] =>
    docker("ps", "--all", "--quiet", "--filter", `label=${folderLabel}=${work}`)
      .split("\n")
      .filter((id) => id !== "");

  it("trains and serves with a custom image, isolated where the definition says so", async () => {
    const work = join(folder, "own");
    const path = definition(image, { colour: "red" });
    const { code, stderr } = await local([...argumentsFor(path, work), "--quiet"]);
    equal(code, 0, stderr);
    const objects = join(work, "s3", "team-bucket");
    equal(readFileSync(join(objects, "predictions", "rows.csv.out"), "utf8"), "2.0\n6.0\n10.0\n");
    const [job = ""] = readdirSync(join(objects, "models"));
    await extract({ file: join(objects, "models", job, "output", "model.tar.gz"), cwd: folder });
    const seen = JSON.parse(readFileSync(join(folder, "seen.json"), "utf8")) as object;
    deepEqual(seen, {
      interfaces: ["lo"],
      rows: 3,
      colour: "red",
      user: process.getuid?.() ?? 0,
      home: ["checkpoints", "input", "model", "output"],
    });
    deepEqual(left(work), []);
  });

  it("stops the container in order when stopped, and removes it", async () => {
    const work = join(folder, "stopped");
    const path = definition(image, { colour: "red", sleep: "300" });
    const child = spawn(process.execPath, [...cliScript, ...argumentsFor(path, work)], {
      env: { ...process.env, CI: "1" },
    });
    const ended = new Promise<number | null>((done) => child.once("close", done));
    const logs = join(work, "executions");
    const log = (): string => {
      try {
        const [id = ""] = readdirSync(logs);
        return readFileSync(join(logs, id, "logs", `${id}-Train.log`), "utf8");
      } catch {
        return "";
      }
    };
    while (!log().includes("validation:rmse") && child.exitCode === null) {
      await new Promise((later) => setTimeout(later, 100));
    }
    equal(left(work).length, 1);
    child.kill("SIGINT");
    equal(await ended, 130);
    match(log(), /asked to stop/);
    deepEqual(left(work), []);
  });

  it("removes the container of a killed run", async () => {
    const work = join(folder, "left");
    docker("create", "--label", `${folderLabel}=${work}`, image, "serve");
    equal(left(work).length, 1);
    const path = definition(image, { colour: "blue" });
    const { code, stderr } = await local([...argumentsFor(path, work), "--quiet"]);
    equal(code, 0, stderr);
    deepEqual(left(work), []);
  });

  it("refuses an image that is not on this machine, by step and field", async () => {
    const path = definition(image.replace(":1", ":2"), { colour: "red" });
    const { code, stderr } = await local([...argumentsFor(path, join(folder, "none")), "--quiet"]);
    equal(code, 1);
    match(
      stderr,
      /step "Train", Arguments\.AlgorithmSpecification\.TrainingImage: ".*algorithm:2"/,
    );
  });

  it("runs only one image's jobs in containers with --image, and opens a shell in a failed one", async () => {
    const work = join(folder, "image");
    const path = definition(image, { colour: "green", reason: "no luck" });
    const given = ["--definition", path, "--s3", join(folder, "s3"), "--work-folder", work];
    const failed = await local([...given, "--image", `${image}=docker`, "--quiet"]);
    equal(failed.code, 1);
    const log = /^log: (.*)$/m.exec(failed.stderr)?.[1] ?? "";
    equal(readFileSync(log, "utf8"), "no luck\n");
    match(failed.stderr, new RegExp(`run --only Train --source \\w+ .*--image ${image}=docker `));
    const [line = ""] = /shell Train \w+/.exec(failed.stderr) ?? [];
    const script =
      "pwd; tr -d '\\n' < input/config/hyperparameters.json; echo; ls /sys/class/net; ls /algorithm.py";
    const words = ["--local", ...line.split(" "), "--work-folder", work, "--", "sh", "-c", script];
    const there = await commandLine(words);
    equal(there.code, 0, there.stderr);
    const [place, hyperparameters = "", ...rest] = there.stdout.trimEnd().split("\n");
    deepEqual([place, ...rest], ["/opt/ml", "lo", "/algorithm.py"]);
    deepEqual(JSON.parse(hyperparameters), { colour: "green", reason: "no luck" });
    deepEqual(left(work), []);
  });

  it("builds the Decision Tree image, and trains in it with the same result as in a process", async () => {
    const stack = join(folder, "stack.yaml");
    writeFileSync(
      stack,
      `config:\n  aws:region: us-east-1\n  restate:network: { mode: none }\n  restate:baseImage: ${base}\n`,
    );
    const data = writeRows(join(folder, "housing.data"), housingRows(400));
    const path = writeDefinition(folder, await smallDefinition({ "restate:baseImage": base }));
    const results = [];
    for (const options of [["--docker"], []]) {
      const work = join(folder, `tree${options.join("")}`);
      const common = ["--config-file", stack, "--definition", path, "--data", data];
      const { code, stderr, stdout } = await local(
        [...options, ...common, "--work-folder", work, "--json", "--quiet"],
        { DOCKER_BUILDKIT: "0" },
      );
      equal(code, 0, stderr);
      const { execution } = JSON.parse(stdout) as { execution: string };
      const trials = trialsOf(await executionIn(work, execution));
      results.push(trials.map(({ number, objective, step }) => [step, number, objective]));
      const logs = join(work, "executions", execution, "logs");
      ok(readdirSync(logs).some((name) => name.includes("-TuneDecisionTree-")));
      deepEqual(left(work), []);
    }
    const [inContainers, inProcesses] = results.map((trials) => trials.map(String).sort());
    deepEqual(inContainers, inProcesses);
  });
});

describe("npm run local -- --docker, without Docker,", () => {
  const folder = temporaryFolder();

  it("says so", async () => {
    const path = writeDefinition(folder, await smallDefinition());
    const { code, stderr } = await local(
      ["--docker", "--definition", path, "--work-folder", join(folder, "work"), "--quiet"],
      { PATH: folder },
    );
    equal(code, 1);
    equal(stderr, "error: --docker: Docker cannot be used: the docker command is not installed\n");
  });
});
