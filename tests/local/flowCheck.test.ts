import { deepEqual } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { unsupportedFlows } from "../../local/preparation/flowCheck";
import { Images } from "../../local/standins/images";
import type { ProcessingStep } from "../../pipeline/language/definition";
import { temporaryFolder } from "../support/localRun";

const image = "663277389841.dkr.ecr.us-east-1.amazonaws.com/sagemaker-data-wrangler-container:1.x";
const uri = "s3://team-bucket/flow/churn.flow";
const outputs = [{ name: "default" }];
const flow = {
  metadata: { version: 1 },
  nodes: [
    {
      node_id: "source",
      type: "SOURCE",
      operator: "sagemaker.s3_source_0.1",
      parameters: {
        dataset_definition: {
          name: "full.csv",
          s3ExecutionContext: { s3ContentType: "csv", s3HasHeader: true },
        },
      },
      inputs: [],
      outputs,
    },
    {
      node_id: "chart",
      type: "VISUALIZATION",
      operator: "sagemaker.visualizations.histogram_0.1",
      inputs: [{ name: "df", node_id: "source", output_name: "default" }],
      outputs,
    },
    {
      node_id: "code",
      type: "TRANSFORM",
      operator: "sagemaker.spark.custom_pandas_0.1",
      parameters: { code: "df['a'] = 1" },
      inputs: [{ name: "df", node_id: "source", output_name: "default" }],
      outputs,
    },
  ],
};

describe("unsupportedFlows", () => {
  const folder = temporaryFolder();
  const s3 = join(folder, "s3");
  mkdirSync(join(s3, "team-bucket", "flow"), { recursive: true });
  writeFileSync(join(s3, "team-bucket", "flow", "churn.flow"), JSON.stringify(flow));

  /** The problems of a step that runs the flow with these arguments. */
  function problems(...containerArguments: string[]): Promise<readonly string[]> {
    return problemsWith(new Images("registry/own:1"), containerArguments);
  }

  function problemsWith(
    images: Images,
    containerArguments: readonly string[],
  ): Promise<readonly string[]> {
    const step = {
      Name: "Wrangle",
      Type: "Processing",
      Arguments: {
        AppSpecification: { ImageUri: image, ContainerArguments: containerArguments },
        ProcessingInputs: [{ S3Input: { S3Uri: uri, LocalPath: "/opt/ml/processing/flow" } }],
      },
    } as unknown as ProcessingStep;
    const definition = { Version: "2020-12-01", Steps: [step] };
    return unsupportedFlows(definition, images, {
      uploads: new Map(),
      folders: [s3],
      cache: join(folder, "cache"),
    });
  }

  it("checks only what leads to the requested outputs", async () => {
    deepEqual(await problems(`--output-config '{"source.default": {"content_type": "CSV"}}'`), []);
    deepEqual(await problems(`--output-config '{"chart.default": {"content_type": "CSV"}}'`), [
      'step "Wrangle", flow: node chart (sagemaker.visualizations.histogram_0.1): ' +
        "type: VISUALIZATION is not supported; allowed are SOURCE, TRANSFORM",
    ]);
  });

  it("refuses custom code, unless it is trusted", async () => {
    const output = `--output-config '{"code.default": {"content_type": "CSV"}}'`;
    const untrusted =
      'step "Wrangle", flow: node code (sagemaker.spark.custom_pandas_0.1): parameters.code: ' +
      `pandas code, "df['a'] = 1", which only runs with --trust-code`;
    deepEqual(await problems(output), [untrusted]);
    const trusting = new Images("registry/own:1", new Map(), new Map(), true);
    const found = await problemsWith(trusting, [output]);
    // Where Spark is installed it runs.
    deepEqual(
      found.filter((problem) => !problem.includes("which needs ")),
      [],
    );
    // The permission is not the definition's to give.
    deepEqual(await problems(output, "--trust-code"), [
      'step "Wrangle", flow: ContainerArguments: --trust-code is not supported by the local run',
    ]);
  });

  it("accepts the arguments that the editor exports, and names others", async () => {
    const output = `--output-config '{"source.default": {"content_type": "CSV"}}'`;
    const refit = `--refit-trained-params '{"refit": false, "output_flow": "a.flow"}'`;
    deepEqual(await problems(output, refit), []);
    deepEqual(await problems(output, `--parameter-override '{"a": 1}'`), [
      'step "Wrangle", flow: ContainerArguments: --parameter-override is not supported by the local run',
    ]);
  });
});
