// Locks the Python requirements, with hashes, for all platforms: `npm run lock`. The tests' lock contains everything;
// the others are subsets of it, so that one environment serves them all.
// Usage: node tools/lock.mjs [--upgrade]

import { spawnSync } from "node:child_process";

import { projectPython } from "./python.mjs";

const upgrade = process.argv.slice(2);
const compile = (folder, constraint, more = []) => {
  const { status } = spawnSync(
    projectPython(),
    [
      ...["-m", "uv", "pip", "compile", "--universal", "--python-version", "3.11"],
      ...[
        "--generate-hashes",
        "--quiet",
        "--no-annotate",
        "--custom-compile-command",
        "npm run lock",
      ],
      ...(constraint === undefined ? upgrade : ["--constraint", constraint]),
      ...more,
      ...[`${folder}/requirements.in`, "--output-file", `${folder}/requirements.txt`],
    ],
    { stdio: "inherit" },
  );
  if (status !== 0) {
    process.exit(status ?? 1);
  }
};

compile("tests");
compile("notebooks", "tests/requirements.txt");
compile("local", "tests/requirements.txt");
compile("container", "tests/requirements.txt");

// Version 3 of the SageMaker Python SDK has a separate environment: see tests/local/api/test_sagemaker_sdk_v3.py.
const sdk = "tests/local/api/sdk_v3";
compile(sdk, undefined, ["--excludes", `${sdk}/excludes.txt`]);

// So does MLflow: its client, for `restate export mlflow`, and its server, for tests/cli/exportMlflow.test.ts.
const client = "local/mlflow";
compile(client, undefined, ["--excludes", `${client}/excludes.txt`]);
const server = "tests/cli/mlflow";
compile(server, undefined, ["--excludes", `${server}/excludes.txt`]);
