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
  ],
};

describe("unsupportedFlows", () => {
  const folder = temporaryFolder();
  const s3 = join(folder, "s3");
  mkdirSync(join(s3, "team-bucket", "flow"), { recursive: true });
  writeFileSync(join(s3, "team-bucket", "flow", "churn.flow"), JSON.stringify(flow));

  /** The problems of a step that runs the flow with these arguments. */
  function problems(...containerArguments: string[]): Promise<readonly string[]> {
    const step = {
      Name: "Wrangle",
      Type: "Processing",
      Arguments: {
        AppSpecification: { ImageUri: image, ContainerArguments: containerArguments },
        ProcessingInputs: [{ S3Input: { S3Uri: uri, LocalPath: "/opt/ml/processing/flow" } }],
      },
    } as unknown as ProcessingStep;
    const definition = { Version: "2020-12-01", Steps: [step] };
    return unsupportedFlows(definition, new Images("registry/own:1"), {
      uploads: new Map(),
      folders: [s3],
      cache: join(folder, "cache"),
    });
  }

  it("looks at what leads to the outputs that are asked for", async () => {
    deepEqual(await problems(`--output-config '{"source.default": {"content_type": "CSV"}}'`), []);
    deepEqual(await problems(`--output-config '{"chart.default": {"content_type": "CSV"}}'`), [
      'step "Wrangle", flow: node chart (sagemaker.visualizations.histogram_0.1): ' +
        "type: VISUALIZATION is not supported; allowed are SOURCE, TRANSFORM",
    ]);
  });

  it("takes the arguments that the editor exports, and names others", async () => {
    const output = `--output-config '{"source.default": {"content_type": "CSV"}}'`;
    const refit = `--refit-trained-params '{"refit": false, "output_flow": "a.flow"}'`;
    deepEqual(await problems(output, refit), []);
    deepEqual(await problems(output, `--parameter-override '{"a": 1}'`), [
      'step "Wrangle", flow: ContainerArguments: --parameter-override is not supported by the local run',
    ]);
  });
});
