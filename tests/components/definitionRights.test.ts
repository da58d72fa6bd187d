import { deepEqual, equal, ok } from "node:assert/strict";

import type { Program } from "../../local/program/program";
import type { Json, JsonObject } from "../../pipeline/expressions";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { allSteps, at, isObject, object, objects, text } from "../../pipeline/walk";
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

/** Reads where the steps of a definition read and write, with values for what only an execution knows. */
class Definition {
  private readonly steps: ReadonlyMap<string, JsonObject>;

  constructor(definition: JsonObject) {
    this.steps = new Map(allSteps(definition["Steps"]).map(({ name, step }) => [name, step]));
  }

  uses(): readonly Use[] {
    return [...this.steps.values()].flatMap((step) => this.usesOf(step));
  }

  private usesOf(step: JsonObject): readonly Use[] {
    const args = object(step["Arguments"]);
    switch (step["Type"]) {
      case "Processing":
        return this.all(text(args["RoleArn"]), {
          reads: objects(args["ProcessingInputs"]).map((input) => at(input, "S3Input", "S3Uri")),
          writes: objects(at(args, "ProcessingOutputConfig", "Outputs")).map((output) =>
            at(output, "S3Output", "S3Uri"),
          ),
        });
      case "Tuning": {
        const job = object(args["TrainingJobDefinition"]);
        const checkpoints = at(job, "CheckpointConfig", "S3Uri");
        return this.all(text(job["RoleArn"]), {
          reads: [
            ...objects(job["InputDataConfig"]).map((channel) =>
              at(channel, "DataSource", "S3DataSource", "S3Uri"),
            ),
            checkpoints,
          ],
          writes: [at(job, "OutputDataConfig", "S3OutputPath"), checkpoints],
        });
      }
      case "Model":
        return this.all(text(args["ExecutionRoleArn"]), {
          reads: [at(args, "PrimaryContainer", "ModelDataUrl")],
          writes: [],
        });
      case "Transform":
        // It has the role of its model.
        return this.all("role/restate-test-evaluation", {
          reads: [at(args, "TransformInput", "DataSource", "S3DataSource", "S3Uri")],
          writes: [at(args, "TransformOutput", "S3OutputPath")],
        });
      default:
        return [];
    }
  }

  private all(
    roleArn: string,
    uris: { reads: readonly (Json | undefined)[]; writes: readonly (Json | undefined)[] },
  ): readonly Use[] {
    const actor = roleArn.replace(/^.*role\/restate-test-/, "");
    const use = (action: string, uri: Json | undefined): Use[] =>
      uri === undefined
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

  private resolve(value: Json): string {
    if (typeof value !== "object" || value === null || !isObject(value)) {
      return typeof value === "string" ? value : JSON.stringify(value);
    }
    const join = value["Std:Join"];
    if (isObject(join)) {
      return (join["Values"] as Json[]).map((one) => this.resolve(one)).join(text(join["On"]));
    }
    const uri = this.place(text(value["Get"]));
    return uri === undefined ? "known-to-the-execution" : this.resolve(uri);
  }

  /** Where a step that is referred to writes. */
  private place(get: string): Json | undefined {
    const [, step = "", path = ""] = /^Steps\.(\w+)\.(.+)$/.exec(get) ?? [];
    const args = at(this.steps.get(step), "Arguments");
    const [, output] =
      /^ProcessingOutputConfig\.Outputs\['(.+)'\]\.S3Output\.S3Uri$/.exec(path) ?? [];
    return output === undefined
      ? at(args, ...path.split("."))
      : at(
          objects(at(args, "ProcessingOutputConfig", "Outputs")).find(
            (one) => one["OutputName"] === output,
          ),
          "S3Output",
          "S3Uri",
        );
  }
}

describe("what the steps of the definition read and write", () => {
  let evaluated: Program;
  let definition: Definition;

  before(async () => {
    evaluated = await program({
      candidates: [ownImage("Forest"), ownImage("ForestOfMine")],
      dataQualityBaseline: true,
      dataset: californiaHousing,
    });
    definition = new Definition(evaluated.definition);
  });

  it("is allowed to the roles of their jobs, through the S3 endpoint", async () => {
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

  it("is cleaned up where Data Wrangler writes, and nowhere else but among checkpoints", async () => {
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
