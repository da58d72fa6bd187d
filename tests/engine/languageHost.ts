/**
 * Stands in for Pulumi's own language host for Node.js, `pulumi-language-nodejs`, where it cannot be had: runs the
 * program in a process of its own by the SDK's runner, as that host does. The engine starts it, and reads the
 * port from its output.
 */

import { spawn } from "node:child_process";

import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";

/** The exit code of a program that has said already what is wrong. */
const saidWhatIsWrong = 32;

/** The address of the engine, for the program's messages: the only argument. */
const engine = process.argv.at(-1) ?? "";

/** Runs a program to its end. */
function run(request: messages.RunRequest): Promise<messages.RunResponse> {
  const program = request.getInfo();
  const tsconfig = program?.getOptions()?.toJavaScript()["tsconfig"];
  const options = {
    monitor: request.getMonitorAddress(),
    engine,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": program?.getRootDirectory() ?? request.getPwd(),
    stack: request.getStack(),
    pwd: program?.getProgramDirectory() ?? request.getPwd(),
    parallel: String(request.getParallel()),
  };
  const child = spawn(
    process.execPath,
    [
      require.resolve("@pulumi/pulumi/cmd/run"),
      ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
      ...(request.getDryrun() ? ["--dry-run"] : []),
      program?.getEntryPoint() ?? ".",
    ],
    {
      cwd: options.pwd,
      env: {
        ...process.env,
        PULUMI_NODEJS_TYPESCRIPT: "true",
        ...(typeof tsconfig === "string" ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().entries())),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("exit", (code) => {
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
function runPolicyPack(
  call: grpc.ServerWritableStream<messages.RunPluginRequest, messages.RunPluginResponse>,
): void {
  const { request } = call;
  const pack = request.getInfo()?.getProgramDirectory() ?? request.getProgram();
  const child = spawn(
    process.execPath,
    [require.resolve("@pulumi/pulumi/cmd/run-policy-pack"), ...request.getArgsList(), pack],
    {
      cwd: pack,
      env: {
        ...process.env,
        ...Object.fromEntries(
          request.getEnvList().map((pair): [string, string] => {
            const [name = "", ...value] = pair.split("=");
            return [name, value.join("=")];
          }),
        ),
        PULUMI_NODEJS_TYPESCRIPT: "true",
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
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

const server = new grpc.Server();
server.addService(LanguageRuntimeService, {
  getRequiredPlugins: (_call: unknown, callback: grpc.sendUnaryData<unknown>) => {
    callback(null, new messages.GetRequiredPluginsResponse());
  },
  getRequiredPackages: (_call: unknown, callback: grpc.sendUnaryData<unknown>) => {
    callback(null, new messages.GetRequiredPackagesResponse());
  },
  getPluginInfo: (_call: unknown, callback: grpc.sendUnaryData<unknown>) => {
    callback(null, new PluginInfo().setVersion("0.0.0"));
  },
  runPlugin: runPolicyPack,
  run: (
    call: grpc.ServerUnaryCall<messages.RunRequest, messages.RunResponse>,
    callback: grpc.sendUnaryData<messages.RunResponse>,
  ) => {
    run(call.request).then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(error as Error);
      },
    );
  },
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) {
    throw error;
  }
  console.log(port);
});
