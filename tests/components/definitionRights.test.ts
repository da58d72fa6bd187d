import { deepEqual, equal, ok } from "node:assert/strict";

import type { Program } from "../../offline/program";
import type { PipelineDefinition, Step } from "../../pipeline/language/definition";
import {
  type Expression,
  isComputed,
  type Join,
  literal,
  type Reference,
} from "../../pipeline/language/expressions";
import type { JsonObject } from "../../pipeline/language/json";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { allSteps } from "../../pipeline/language/graph";
import { program } from "../support/definitions";
import { type IamRequest, isAllowed } from "../support/iam";
import { describeRequest } from "../support/iamRequests";

const ownImage = (name: string): JsonObject => ({
  name,
  algorithm: {
    image: "222233334444.dkr.ecr.us-east-1.amazonaws.com/team/forest:1.0",
    metrics: { "validation:rmse": "rmse=(.*)", "validation:mse": "mse=(.*)" },
  },
  ranges: { depth: { type: "integer", min: 1, max: 9 } },
  spotMaxWaitTimeInSeconds: 7200,
});

/** What a step does in S3, in the name of the role that its arguments hand to its job. */
interface Use {
  readonly actor: string;
  readonly request: IamRequest;
}

type Uri = Expression | null | undefined;

/** Reads where the steps of a definition read and write, with values for what only an execution knows. */
class Definition {
  private readonly steps: ReadonlyMap<string, Step>;

  constructor(definition: PipelineDefinition) {
    this.steps = new Map(allSteps(definition).map(({ step }) => [step.Name, step]));
  }

  uses(): readonly Use[] {
    return [...this.steps.values()].flatMap((step) => this.usesOf(step));
  }

  private usesOf(step: Step): readonly Use[] {
    switch (step.Type) {
      case "Processing": {
        const {
          ProcessingInputs: inputs,
          ProcessingOutputConfig: config,
          RoleArn,
        } = step.Arguments;
        return this.all(literal(RoleArn), {
          reads: (inputs ?? []).map(({ S3Input: input }) => input?.S3Uri),
          writes: (config?.Outputs ?? []).map(({ S3Output: output }) => output?.S3Uri),
        });
      }
      case "Tuning": {
        const job = step.Arguments.TrainingJobDefinition;
        const checkpoints = job?.CheckpointConfig?.S3Uri;
        return this.all(literal(job?.RoleArn), {
          reads: [
            ...(job?.InputDataConfig ?? []).map(
              ({ DataSource: source }) => source?.S3DataSource?.S3Uri,
            ),
            checkpoints,
          ],
          writes: [job?.OutputDataConfig?.S3OutputPath, checkpoints],
        });
      }
      case "Model":
        return this.all(literal(step.Arguments.ExecutionRoleArn), {
          reads: [step.Arguments.PrimaryContainer?.ModelDataUrl],
          writes: [],
        });
      case "Transform": {
        const { TransformInput: input, TransformOutput: output } = step.Arguments;
        // It has the role of its model.
        return this.all("role/restate-test-evaluation", {
          reads: [input?.DataSource?.S3DataSource?.S3Uri],
          writes: [output?.S3OutputPath],
        });
      }
      default:
        return [];
    }
  }

  private all(
    roleArn: string | undefined,
    uris: { reads: readonly Uri[]; writes: readonly Uri[] },
  ): readonly Use[] {
    const actor = (roleArn ?? "").replace(/^.*role\/restate-test-/, "");
    const use = (action: string, uri: Uri): Use[] =>
      uri === undefined || uri === null
        ? []
        : [
            {
              actor,
              request: {
                action,
                resource: `${this.resolve(uri)
                  .replace(/^s3:\/\//, "arn:aws:s3:::")
                  .replace(/\/$/, "")}/file`,
                endpoint: "network-s3",
              },
            },
          ];
    return [
      ...uris.reads.flatMap((uri) => use("s3:GetObject", uri)),
      ...uris.writes.flatMap((uri) => use("s3:PutObject", uri)),
    ];
  }

  private resolve(value: Expression): string {
    if (!isComputed(value)) {
      return String(value);
    }
    if ("Std:Join" in value) {
      const { On: on, Values: values } = value["Std:Join"] as Join["Std:Join"];
      return values.map((one) => this.resolve(one)).join(on);
    }
    const uri = "Get" in value ? this.place((value as Reference).Get) : undefined;
    return uri === undefined ? "known-to-the-execution" : this.resolve(uri);
  }

  /** Where a step that is referred to writes. */
  private place(get: string): Expression | undefined {
    const [, name = "", path = ""] = /^Steps\.(\w+)\.(.+)$/.exec(get) ?? [];
    const step = this.steps.get(name);
    if (step?.Type === "Transform" && path === "TransformOutput.S3OutputPath") {
      return step.Arguments.TransformOutput?.S3OutputPath ?? undefined;
    }
    const [, output] =
      /^ProcessingOutputConfig\.Outputs\['(.+)'\]\.S3Output\.S3Uri$/.exec(path) ?? [];
    const outputs =
      step?.Type === "Processing" ? step.Arguments.ProcessingOutputConfig?.Outputs : undefined;
    return outputs?.find((one) => one.OutputName === output)?.S3Output?.S3Uri ?? undefined;
  }
}

describe("the objects that the definition's steps read and write", () => {
  let evaluated: Program;
  let definition: Definition;

  before(async () => {
    evaluated = await program({
      candidates: [ownImage("Forest"), ownImage("ForestOfMine")],
      dataQualityBaseline: true,
      driftReference: true,
      dataset: { ...californiaHousing, servedRows: "raw" },
    });
    definition = new Definition(evaluated.definition);
  });

  it("may be read and written by the jobs' roles, through the S3 endpoint", async () => {
    const uses = definition.uses();
    deepEqual([...new Set(uses.map(({ actor }) => actor))].sort(), [
      "evaluation",
      "processing",
      "training",
    ]);
    ok(uses.length > 20, `${uses.length} uses`);
    const denied: string[] = [];
    for (const { actor, request } of uses) {
      if (!(await isAllowed(evaluated, actor, request))) {
        denied.push(`${actor}: ${describeRequest(request)}`);
      }
    }
    deepEqual(denied, []);
  });

  it("may only be deleted where Data Wrangler writes, and among checkpoints", async () => {
    const written = definition.uses().filter(({ request }) => request.action === "s3:PutObject");
    for (const { actor, request } of written) {
      const cleanedUp = /\/(executions\/[^/]*\/data-wrangler|checkpoints)\//.test(request.resource);
      equal(
        await isAllowed(evaluated, actor, { ...request, action: "s3:DeleteObject" }),
        cleanedUp,
        describeRequest(request),
      );
    }
    ok(written.some(({ request }) => request.resource.includes("/data-wrangler/")));
    ok(written.some(({ request }) => request.resource.includes("/checkpoints/")));
  });
});
