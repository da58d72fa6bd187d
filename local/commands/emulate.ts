import { UserError } from "../../terminal/errors";
import { serveEndpoints } from "../api/endpoints";
import { ensurePipeline } from "../api/pipelines";
import { serveApi } from "../api/server";
import { World } from "../api/world";
import { loadProgram } from "../program/programCache";
import { configOf, dataOf, type RunOptions, workspaceOf } from "./run";

/** The options of the emulator. */
export type EmulateOptions = Pick<
  RunOptions,
  "configFile" | "data" | "docker" | "stack" | "workFolder"
> & {
  /** Port of this machine; 0 for any that is free. */
  readonly port: number;
  /** Address to listen on. Default: loopback. */
  readonly host?: string;
};

/** The services whose endpoint is this machine, as the environment of AWS SDKs names them. */
const services = ["SAGEMAKER", "SAGEMAKER_RUNTIME", "CLOUDWATCH_LOGS", "S3", "STS", "IAM"];

/**
 * Serves SageMaker's API from a work folder over HTTP, until it is interrupted. The stack's pipeline is there.
 *
 * @param stopped ends it: what runs is stopped in order
 * @param print takes the lines that tell an SDK where to find it
 * @throws UserError where something else listens on the port
 */
export async function emulate(
  options: EmulateOptions,
  stopped: AbortSignal,
  print: (line: string) => void,
): Promise<number> {
  const workspace = workspaceOf(options);
  const program = await loadProgram(workspace.cache, options.stack, configOf(options));
  const world = new World({
    workspace,
    program: () => Promise.resolve(program),
    region: program.region,
    accountId: program.accountId,
    data: dataOf(options),
    docker: options.docker === true,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  ensurePipeline(world, program);
  await serveEndpoints(world, (line) => process.stderr.write(`${line}\n`));
  const server = await serveApi(world, options.port, options.host).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === "EADDRINUSE"
      ? new UserError(`port ${options.port} is in use; choose another by --port`)
      : error;
  });
  print(`SageMaker's API on ${workspace.folder}, not authenticated: ${server.url}`);
  for (const service of services) {
    print(`export AWS_ENDPOINT_URL_${service}=${server.url}`);
  }
  print(`export AWS_DEFAULT_REGION=${program.region} AWS_REGION=${program.region}`);
  print("export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local");
  await new Promise<void>((interrupted) => {
    stopped.addEventListener("abort", () => {
      interrupted();
    });
  });
  await Promise.all([server.close(), world.close()]);
  return 0;
}
