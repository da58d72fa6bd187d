import {
  CreateModelPackageCommand,
  CreateModelPackageGroupCommand,
  CreatePipelineCommand,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { JsonObject } from "../../pipeline/language/json";
import { canonicalJson } from "../../pipeline/language/canonicalJson";
import { program } from "../support/definitions";
import { commandLine } from "../support/commandLine";
import type { Ended } from "../support/localRun";

// The versions of the SDK are pinned: what later ones will need is no news here.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

/** Without the keys, profiles and roles of whoever runs the tests. */
export const noCredentials = {
  AWS_ACCESS_KEY_ID: "",
  AWS_SECRET_ACCESS_KEY: "",
  AWS_SESSION_TOKEN: "",
  AWS_PROFILE: "",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "",
  AWS_CONTAINER_CREDENTIALS_FULL_URI: "",
  AWS_WEB_IDENTITY_TOKEN_FILE: "",
};
export const credentials = { AWS_ACCESS_KEY_ID: "testing", AWS_SECRET_ACCESS_KEY: "testing" };

/** A service's refusal of a call. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly status?: number;
}

/** How an execution looks at one time: members of the answers of the calls that tell. */
export interface Frame {
  readonly execution: JsonObject;
  readonly steps: readonly JsonObject[];
  /** Training jobs by tuning job. */
  readonly trials?: Readonly<Record<string, readonly JsonObject[]>>;
}

/** What the stand-in is to answer. */
export interface Scenario {
  /** Each look at the execution sees the next one, and the last one from then on. Without: moto's own. */
  readonly frames?: readonly Frame[];
  /** Answers of DescribeHyperParameterTuningJob by tuning job. */
  readonly tunings?: Readonly<Record<string, JsonObject>>;
  /** Tables in catalogues of S3 Tables, by `ACCOUNT:s3tablescatalog/BUCKET` and then `namespace.table`. */
  readonly tables?: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  /** Before the call of the name is answered, a fault for each. */
  readonly faults?: Readonly<Record<string, readonly Fault[]>>;
}

/** A call that AWS was asked for. */
export interface Call {
  readonly operation: string;
  readonly request: JsonObject;
}

/** What Node.js runs as the command line. */
export const restateScript = ["tools/restate.mjs"];

/** AWS on loopback. */
interface StandIn {
  readonly process: ChildProcess;
  readonly url: string;
}

/** One that no stack uses: the next takes it over, as its libraries take a second or two to load. */
let idle: StandIn | undefined;

/** Starts one, which ends with this process. */
async function startStandIn(): Promise<StandIn> {
  const python = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  const child = spawn(join(".venv", ...python), ["tests/cli/aws_stand_in.py"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  // They are sockets, which their types do not say.
  for (const one of [child, child.stdin, child.stdout] as unknown as readonly Socket[]) {
    one.unref();
  }
  return { process: child, url: line.toString().trim() };
}

/** The stack dev, deployed as far as its pipeline and model package group go, in an AWS on loopback. */
export class DeployedStack {
  readonly folder = mkdtempSync(join(tmpdir(), "restate-cli-"));
  readonly outputs = join(this.folder, "outputs.json");
  private standIn: StandIn | undefined;
  exports: Readonly<Record<string, string>> = {};

  /** Starts AWS, and creates in it what the stack would have. */
  async start(): Promise<void> {
    const standIn = idle ?? (await startStandIn());
    idle = undefined;
    this.standIn = standIn;
    await fetch(`${this.url}/moto-api/reset`, { method: "POST" });
    await this.say({});
    const { definition, pipelineName, region } = await program({}, "dev");
    const pipelineDefinition = canonicalJson(definition);
    const client = this.sageMaker();
    const { PipelineArn: pipelineArn = "" } = await client.send(
      new CreatePipelineCommand({
        PipelineName: pipelineName,
        PipelineDefinition: pipelineDefinition,
        RoleArn: "arn:aws:iam::123456789012:role/restate-dev-pipeline",
        ClientRequestToken: "0".repeat(32),
      }),
    );
    await client.send(new CreateModelPackageGroupCommand({ ModelPackageGroupName: "restate-dev" }));
    this.exports = {
      outputsVersion: "1",
      region,
      pipelineName,
      pipelineArn,
      pipelineDefinition,
      modelPackageGroupName: "restate-dev",
    };
    writeFileSync(this.outputs, JSON.stringify(this.exports));
  }

  /** Leaves AWS to the next stack, and removes what the tests have written. */
  stop(): void {
    if (idle === undefined) {
      idle = this.standIn;
    } else {
      this.standIn?.process.stdin?.end();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get url(): string {
    return this.standIn?.url ?? "";
  }

  /** A client of the SDK, to set up what the tests need. */
  sageMaker(): SageMakerClient {
    return new SageMakerClient(this.client());
  }

  /** The configuration of a client of the SDK. */
  client(): {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  } {
    return {
      endpoint: this.url,
      region: "us-east-1",
      credentials: { accessKeyId: "testing", secretAccessKey: "testing" },
    };
  }

  /** Registers a model as the pipeline's RegisterModel step does. */
  async register(metadata: Readonly<Record<string, string>>): Promise<void> {
    await this.sageMaker().send(
      new CreateModelPackageCommand({
        ModelPackageGroupName: "restate-dev",
        ModelApprovalStatus: "PendingManualApproval",
        CustomerMetadataProperties: { ...metadata },
      }),
    );
  }

  /** Says what AWS answers from now on; the list of calls begins anew. */
  async say(scenario: Scenario): Promise<void> {
    await fetch(`${this.url}/stand-in/scenario`, {
      method: "POST",
      body: JSON.stringify(scenario),
    });
  }

  /** The calls since the last {@link say}. */
  async calls(): Promise<readonly Call[]> {
    return (await (await fetch(`${this.url}/stand-in/calls`)).json()) as Call[];
  }

  /** The environment of the command line. */
  environment(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    return { ...noCredentials, ...credentials, AWS_ENDPOINT_URL: this.url, NO_COLOR: "1", ...more };
  }

  /** Runs `npm run restate -- ARGUMENT...` on the stack's exports. */
  restate(args: readonly string[], environment = this.environment()): Promise<Ended> {
    const [name = "", ...rest] = args;
    return commandLine([name, "--outputs", this.outputs, ...rest], environment);
  }
}
