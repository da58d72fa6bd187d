import { type ChildProcess, spawn } from "node:child_process";

import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";

/** The exit code of a program that has said already what is wrong. */
const saidWhatIsWrong = 32;

/** A method that answers a request. */
const method =
  <Request, Response>(
    answer: (request: Request) => Response | Promise<Response>,
  ): grpc.handleUnaryCall<Request, Response> =>
  ({ request }, callback) => {
    void (async () => answer(request))().then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(error as Error);
      },
    );
  };

/**
 * Stands in for Pulumi's own language host for Node.js, `pulumi-language-nodejs`, where it cannot be had: runs each
 * program in a process of its own by the SDK's runner, as that host does. All commands share one, by PULUMI_DEBUG_LANGUAGES:
 * each would start two.
 */
export class LanguageHost {
  /** What programs have printed. */
  output = "";
  private readonly server = new grpc.Server();
  /** The address of the engine, for the program's messages. */
  private engine = "";

  /** @param environment that of the programs */
  constructor(private readonly environment: NodeJS.ProcessEnv) {
    this.server.addService(LanguageRuntimeService, {
      handshake: method((request: messages.LanguageHandshakeRequest) => {
        this.engine = request.getEngineAddress();
        return new messages.LanguageHandshakeResponse();
      }),
      getRequiredPlugins: method(() => new messages.GetRequiredPluginsResponse()),
      getRequiredPackages: method(() => new messages.GetRequiredPackagesResponse()),
      getPluginInfo: method(() => new PluginInfo().setVersion("0.0.0")),
      runPlugin: (
        call: grpc.ServerWritableStream<messages.RunPluginRequest, messages.RunPluginResponse>,
      ) => {
        this.runPolicyPack(call);
      },
      run: method((request: messages.RunRequest) => this.run(request)),
    });
  }

  /** Starts it on a free port of this machine, which it returns. */
  start(): Promise<number> {
    return new Promise((done, failed) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      this.server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
        if (error === null) {
          done(port);
        } else {
          failed(error);
        }
      });
    });
  }

  stop(): void {
    this.server.forceShutdown();
  }

  /** Starts one of the SDK's runners of TypeScript. */
  private spawn(
    runner: "run" | "run-policy-pack",
    args: readonly string[],
    cwd: string,
    environment: NodeJS.ProcessEnv,
  ): ChildProcess & {
    readonly stdout: NodeJS.ReadableStream;
    readonly stderr: NodeJS.ReadableStream;
  } {
    return spawn(process.execPath, [require.resolve(`@pulumi/pulumi/cmd/${runner}`), ...args], {
      cwd,
      env: { ...this.environment, ...environment, PULUMI_NODEJS_TYPESCRIPT: "true" },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Runs a program to its end. */
  private run(request: messages.RunRequest): Promise<messages.RunResponse> {
    const program = request.getInfo();
    const tsconfig = program?.getOptions()?.toJavaScript()["tsconfig"];
    const pwd = program?.getProgramDirectory() ?? request.getPwd();
    const options = {
      monitor: request.getMonitorAddress(),
      engine: this.engine,
      organization: request.getOrganization(),
      project: request.getProject(),
      "root-directory": program?.getRootDirectory() ?? request.getPwd(),
      stack: request.getStack(),
      pwd,
      parallel: String(request.getParallel()),
    };
    const child = this.spawn(
      "run",
      [
        ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
        ...(request.getDryrun() ? ["--dry-run"] : []),
        program?.getEntryPoint() ?? ".",
      ],
      pwd,
      {
        ...(typeof tsconfig === "string" ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().entries())),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      },
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text: Buffer) => {
        this.output += text.toString();
      });
    }
    return new Promise((done, failed) => {
      child.on("error", failed);
      child.on("close", (code) => {
        const response = new messages.RunResponse();
        if (code === saidWhatIsWrong) {
          response.setBail(true);
        } else if (code !== 0) {
          response.setError(`the program ended with exit code ${String(code)}`);
        }
        done(response);
      });
    });
  }

  /** Runs a policy pack, and hands on what it prints: the engine reads its port there. */
  private runPolicyPack(
    call: grpc.ServerWritableStream<messages.RunPluginRequest, messages.RunPluginResponse>,
  ): void {
    const { request } = call;
    const pack = request.getInfo()?.getProgramDirectory() ?? request.getProgram();
    const environment = request.getEnvList().map((pair): [string, string] => {
      const [name = "", ...value] = pair.split("=");
      return [name, value.join("=")];
    });
    const child = this.spawn(
      "run-policy-pack",
      [...request.getArgsList(), pack],
      pack,
      Object.fromEntries(environment),
    );
    child.stdout.on("data", (text: Buffer) => {
      call.write(new messages.RunPluginResponse().setStdout(text));
    });
    child.stderr.on("data", (text: Buffer) => {
      call.write(new messages.RunPluginResponse().setStderr(text));
    });
    child.on("exit", (code) => {
      call.write(new messages.RunPluginResponse().setExitcode(code ?? 1));
      call.end();
    });
    call.on("cancelled", () => child.kill());
  }
}
