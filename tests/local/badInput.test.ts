import { equal, match } from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Workspace } from "../../local/records/workspace";
import { at, type Draft, set } from "../support/definitions";
import { housingRows, writeRows } from "../support/housing";
import { local, smallDefinition, temporaryFolder, writeDefinition } from "../support/localRun";

const rows = housingRows(50);
const changedRow = (index: number, change: (fields: string[]) => void): readonly string[] =>
  rows.map((row, number) => {
    const fields = row.split(",");
    if (number === index) {
      change(fields);
    }
    return fields.join(",");
  });

describe("npm run local, given bad input,", () => {
  const folder = temporaryFolder();
  const workFolder = join(folder, "work");
  let definition: string;

  before(async () => {
    definition = writeDefinition(folder, await smallDefinition());
  });

  /** Runs into an error: one message, no stack trace, and nothing left behind. */
  async function fails(
    args: readonly string[],
    message: RegExp,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const all = ["--quiet", "--work-folder", workFolder, "--definition", definition, ...args];
    const { code, stderr, stdout } = await local(all, environment);
    equal(code, 1, stderr);
    match(stderr, message);
    equal(/^ {4}at /m.test(stderr) || stderr.includes("Traceback"), false, stderr);
    equal(stdout, "");
    equal(existsSync(join(workFolder, "models")), false);
    equal(existsSync(join(workFolder, "trials.csv")), false);
  }

  const files: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      "a file with a missing column",
      rows.map((row) => row.split(",").slice(1).join(",")),
      /bad\.data: 50 of 50 lines have the wrong number of columns; first in line 1: 8 columns, expected 9\n$/,
    ],
    [
      "a row with a missing column",
      changedRow(6, (fields) => fields.pop()),
      /bad\.data: 1 of 50 lines has the wrong number of columns; first in line 7: 8 columns, expected 9\n$/,
    ],
    [
      "text in a number column",
      changedRow(16, (fields) => (fields[3] = "many")),
      /bad\.data: totalrooms: 1 of 50 values is 'many', not a double; first in line 17\n$/,
    ],
  ];
  for (const [what, lines, message] of files) {
    it(`names the line in ${what}`, async () => {
      await fails(["--data", writeRows(join(folder, "bad.data"), lines)], message);
    });
  }

  it("reports every column, of any length, without control characters", async () => {
    const wrong = rows.map((row) => row.replaceAll(/[^,]+/g, "\u001b[2J".repeat(30)));
    await fails(
      ["--data", writeRows(join(folder, "bad.data"), wrong)],
      /^error: .*bad\.data does not fit the table:\n( {2}bad\.data: \w+: 50 of 50 values are '[^\p{C}]{30}', not a double; first in line 1\n){9}$/u,
    );
  });

  it("refuses an empty file", async () => {
    await fails(
      ["--data", writeRows(join(folder, "empty.data"), [])],
      /^error: --data: .*empty\.data is empty\n$/,
    );
  });

  it("says if the filter leaves no rows", async () => {
    const young = rows.map((row) => {
      const fields = row.split(",");
      fields[2] = "5.0";
      return fields.join(",");
    });
    const all = ["--quiet", "--work-folder", join(folder, "none"), "--definition", definition];
    const { code, stderr } = await local([
      ...all,
      "--data",
      writeRows(join(folder, "young.data"), young),
    ]);
    equal(code, 1);
    match(stderr, /^error: step (DataWranglerProcess|Preprocess) failed: .*no rows/m);
  });

  it("refuses a missing file, and says which option or key named it", async () => {
    await fails(
      ["--data", "/nowhere.data"],
      /^error: --data: file or folder does not exist: \/nowhere\.data\n$/,
    );
    await fails([], /^error: RESTATE_DATA: file or folder does not exist: \/nowhere\.data\n$/, {
      RESTATE_DATA: "/nowhere.data",
    });
  });

  it("suggests --data if there is neither data nor network", async () => {
    const { fetch } = globalThis;
    globalThis.fetch = () => Promise.reject(new TypeError("fetch failed"));
    try {
      await fails(
        [],
        /^error: cannot download the California housing data \(.*\); pass the file with --data PATH/,
        { XDG_CACHE_HOME: join(folder, "empty-cache") },
      );
    } finally {
      globalThis.fetch = fetch;
    }
  });

  const data = (): string => writeRows(join(folder, "good.data"), rows);
  const written = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const options: readonly (readonly [string, () => readonly string[], RegExp])[] = [
    [
      "an unknown parameter",
      () => ["--parameter", "MinimumR3=1"],
      /^error: parameter MinimumR3: unknown; the pipeline has ProcessingInstanceType, /,
    ],
    [
      "a parameter of another type",
      () => ["--parameter", "MinimumR2=high"],
      /^error: parameter MinimumR2: "high" is not of type Float\n$/,
    ],
    [
      "a parameter that no request takes",
      () => ["--data", data(), "--parameter", "ProcessingInstanceCount=0"],
      /^error: the definition cannot run:\n {2}step "DataWranglerProcess", Arguments\.ProcessingResources\.ClusterConfig\.InstanceCount: 0; must be at least 1\n$/,
    ],
    [
      "a parameter beyond its values",
      () => ["--parameter", "ModelApprovalStatus=Maybe"],
      /^error: parameter ModelApprovalStatus: "Maybe" is not one of \["Approved"/,
    ],
    [
      "a stack without a file",
      () => ["--stack", "nowhere"],
      /^error: stack "nowhere" has no Pulumi\.nowhere\.yaml; the stacks here are dev, prod\n$/,
    ],
    [
      "a configuration file that does not exist",
      () => ["--config-file", "/nowhere.yaml"],
      /^error: --config-file: file does not exist: \/nowhere\.yaml\n$/,
    ],
    [
      "a configuration file that holds none",
      () => ["--config-file", data()],
      /^error: .*good\.data is not a stack's configuration \(expected a mapping under the key config\)\n$/,
    ],
    [
      "a key without a namespace",
      () => ["--config-file", written("bare.yaml", 'config:\n  minimumR2: "0.5"\n')],
      /^error: .*bare\.yaml: keys without a namespace: "minimumR2" \(restate:minimumR2\?\)\n$/,
    ],
    [
      "an account number without quotes",
      () => [
        "--config-file",
        written("account.yaml", "config:\n  restate:modelConsumers: [111122223333]\n"),
      ],
      /restate:modelConsumers\[0\]: must be the account's 12 digits in quotes/,
    ],
    [
      "a definition that is not JSON",
      () => ["--definition", data()],
      /^error: --definition: .* is not JSON: /,
    ],
    [
      "a definition that does not exist",
      () => ["--definition", "/nowhere.json"],
      /^error: --definition: cannot read \/nowhere\.json\n$/,
    ],
    [
      "a malformed option",
      () => ["--parameter", "MinimumR2"],
      /^error: option '--parameter <name=value>' argument 'MinimumR2' is invalid\. It must have the form NAME=VALUE\.\n$/,
    ],
    ["an unknown option", () => ["--dat", "x"], /^error: unknown option '--dat'/],
  ];
  for (const [what, args, message] of options) {
    it(`refuses ${what}`, async () => {
      await fails(["--data", data(), ...args()], message);
    });
  }

  it("refuses everything that a local run cannot do, in the flow and the steps, at once", async () => {
    const foreign = await smallDefinition();
    const flow = ["Steps", "DataWranglerProcess", "Arguments", "ProcessingInputs"];
    const inputs = at(foreign, ...flow) as Draft[];
    const place = inputs.findIndex(({ InputName: name }) => name === "flow");
    set(foreign, [...flow, place, "S3Input", "S3Uri"], "s3://team-bucket/team.flow");
    const training = ["Steps", "TuneXGBoost", "Arguments", "TrainingJobDefinition"];
    set(foreign, [...training, "AlgorithmSpecification", "TrainingInputMode"], "Pipe");
    const outputs = ["Steps", "DataWranglerProcess", "Arguments", "ProcessingOutputConfig"];
    const output = at(foreign, ...outputs, "Outputs", 0, "OutputName") as string;
    const last = output.replace(/\.default$/, "");
    const nodes = [
      {
        node_id: "a",
        type: "SOURCE",
        operator: "sagemaker.athena_source_0.1",
        parameters: { dataset_definition: { name: "data" } },
        inputs: [],
        outputs: [{ name: "default" }],
      },
      {
        node_id: last,
        type: "TRANSFORM",
        operator: "sagemaker.spark.featurize_text_0.1",
        parameters: {},
        inputs: [{ name: "df", node_id: "a", output_name: "default" }],
        outputs: [{ name: "default" }],
      },
    ];
    mkdirSync(join(folder, "s3", "team-bucket"), { recursive: true });
    writeFileSync(
      join(folder, "s3", "team-bucket", "team.flow"),
      JSON.stringify({ metadata: { version: 1 }, nodes }),
    );
    await fails(
      [
        "--data",
        data(),
        "--definition",
        writeDefinition(folder, foreign),
        "--s3",
        join(folder, "s3"),
      ],
      new RegExp(
        '^error: the definition cannot run:\\n  step "TuneXGBoost".*TrainingInputMode: Pipe.*\\n' +
          `  step "DataWranglerProcess", flow: node ${last} \\(sagemaker\\.spark\\.featurize_text_0\\.1\\): ` +
          "operator: .* is not supported",
      ),
    );
    definition = writeDefinition(folder, await smallDefinition());
  });

  it("refuses a second run in a folder that is in use", async () => {
    // This process holds the lock and keeps it fresh, however long the command takes to start.
    const unlock = await new Workspace(workFolder).lock(() => undefined);
    try {
      await fails(
        ["--data", data()],
        /^error: another local run is using .*; wait for it to end\n$/,
      );
      equal(existsSync(join(workFolder, "lock")), true);
    } finally {
      await unlock();
    }
  });
});
