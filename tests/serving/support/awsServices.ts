import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A version of a model package group. */
export interface RegisteredModel {
  readonly version: number;
  readonly approval: "Approved" | "PendingManualApproval" | "Rejected";
  /** Default Completed. */
  readonly status?: "Completed" | "Failed";
  /** Whether it was registered with a baseline. Default true. */
  readonly baseline?: boolean;
  /** S3 URI of its drift reference. Default: of a file in the main stack's bucket; null: it has none. */
  readonly driftReference?: string | null;
  /** Whether it accepts the table's own rows. Default false. */
  readonly takesOwnRows?: boolean;
  /** Default 1. */
  readonly containers?: number;
}

const accountId = "444455556666";
/** The reference of models of the group restate-dev. */
export const driftReferenceUri = `s3://sagemaker-restate-dev-${accountId}/executions/1/evaluation/XGBoost/drift_reference.json`;
const versionArn = (group: string, version: number): string =>
  `arn:aws:sagemaker:us-east-1:${accountId}:model-package/${group}/${version}`;

/** ARN of a version of the group that these services know. */
export const modelArn = (version: number, group = "restate-dev"): string =>
  versionArn(group, version);

/** Constraints as Model Monitor writes them. */
export function constraints(features: readonly string[]): string {
  return JSON.stringify({
    version: 0,
    features: features.map((name) => ({ name, inferred_type: "Fractional", completeness: 1 })),
    monitoring_config: {
      evaluate_constraints: "Enabled",
      emit_metrics: "Enabled",
      distribution_constraints: {
        perform_comparison: "Enabled",
        comparison_threshold: 0.1,
        comparison_method: "Robust",
      },
    },
  });
}

/** Answers as SageMaker's model registry and S3 do, on loopback; AWS_ENDPOINT_URL leads to it. */
export class AwsServices {
  /** Versions of the group restate-dev, of which each page of a list holds two. */
  models: readonly RegisteredModel[] = [];
  /** Texts in S3, by URI. */
  readonly objects = new Map<string, string>();
  /** The access keys that requests were signed with. */
  readonly accessKeys = new Set<string>();
  private readonly server: Server = createServer((request, response) => {
    void this.answer(request, response);
  });
  private before: Readonly<Record<string, string | undefined>> = {};

  /** Starts it, and lets the AWS SDK of this process and of those that it starts speak to it. */
  async start(): Promise<void> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    const settings = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
    };
    this.before = Object.fromEntries(
      Object.keys(settings).map((name) => [name, process.env[name]]),
    );
    Object.assign(process.env, settings);
  }

  stop(): void {
    for (const [name, value] of Object.entries(this.before)) {
      if (value === undefined) {
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
        delete process.env[name];
      } else {
        process.env[name] = value;
      }
    }
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, accessKey = ""] = /Credential=([^/]+)/.exec(request.headers.authorization ?? "") ?? [];
    this.accessKeys.add(accessKey);
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    if (request.method === "GET") {
      const path = decodeURIComponent(new URL(request.url ?? "", "http://localhost").pathname);
      const text = this.objects.get(`s3:/${path}`);
      response.writeHead(text === undefined ? 404 : 200);
      response.end(
        text ?? "<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>",
      );
      return;
    }
    const input = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>;
    const action = String(request.headers["x-amz-target"]).split(".").at(-1);
    const output = action === "ListModelPackages" ? this.list(input) : this.describe(input);
    response.writeHead(output === undefined ? 400 : 200, {
      "content-type": "application/x-amz-json-1.1",
    });
    response.end(
      JSON.stringify(
        output ?? { __type: "ValidationException", message: "ModelPackage does not exist." },
      ),
    );
  }

  private list(input: Readonly<Record<string, string>>): object {
    const { ModelApprovalStatus: approval, ModelPackageGroupName: group = "" } = input;
    const all = [...this.models]
      .filter((model) => approval === undefined || model.approval === approval)
      .sort((left, right) => right.version - left.version);
    const from = Number(input["NextToken"] ?? 0);
    return {
      ModelPackageSummaryList: all.slice(from, from + 2).map(({ status, version }) => ({
        ModelPackageArn: versionArn(group, version),
        ModelPackageStatus: status ?? "Completed",
      })),
      ...(from + 2 < all.length ? { NextToken: String(from + 2) } : {}),
    };
  }

  private describe(input: Readonly<Record<string, string>>): object | undefined {
    const [, group = "", version] =
      /model-package\/(.+)\/(\d+)$/.exec(input["ModelPackageName"] ?? "") ?? [];
    const model = this.models.find((one) => one.version === Number(version));
    const document = (name: string): object => ({
      ContentType: "application/json",
      S3Uri: `s3://baselines/${version}/${name}.json`,
    });
    return (
      model && {
        ModelPackageArn: versionArn(group, model.version),
        ModelPackageGroupName: group,
        ModelPackageVersion: model.version,
        ModelApprovalStatus: model.approval,
        CustomerMetadataProperties: {
          ...(model.driftReference === null
            ? {}
            : { DriftReference: model.driftReference ?? driftReferenceUri }),
          ...(model.takesOwnRows === true ? { RowEncoding: "s3://b/encoding.json" } : {}),
        },
        InferenceSpecification: {
          Containers: Array(model.containers ?? 1).fill({ Image: "image" }),
        },
        ...(model.baseline === false
          ? {}
          : {
              DriftCheckBaselines: {
                ModelDataQuality: {
                  Statistics: document("statistics"),
                  Constraints: document("constraints"),
                },
              },
            }),
      }
    );
  }
}
