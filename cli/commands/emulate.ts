import { Command, Option } from "commander";

import { serveEndpoints } from "../../local/api/endpoints";
import { ensurePipeline } from "../../local/api/pipelines";
import { serveApi } from "../../local/api/server";
import { interruptible } from "../../local/execution/interruption";
import { portInUse, readPort, stackDefault, withAuthorization, withMachine } from "../options";
import { stackProgram } from "../stackProgram";
import { note, print, type Terminal } from "../terminal";
import { type MachineOptions, openMachine, workspaceOf } from "../world";

/** The options of the emulator. */
type EmulateOptions = MachineOptions & {
  /** Port to listen on; 0 for any free one. */
  readonly port: number;
  /** Address to listen on. */
  readonly host: string;
};

/** The services that are emulated, as in the AWS SDKs' AWS_ENDPOINT_URL_<SERVICE>. */
const services = ["SAGEMAKER", "SAGEMAKER_RUNTIME", "CLOUDWATCH_LOGS", "S3", "STS", "IAM"];

/**
 * Serves SageMaker's API from a work folder over HTTP until interrupted, with the stack's pipeline created.
 *
 * @param stopped ends it: running executions are stopped in order
 * @throws UserError if something else listens on the port
 */
async function serveMachine(
  options: EmulateOptions,
  stopped: AbortSignal,
  terminal: Terminal,
): Promise<number> {
  workspaceOf(options).checkUsable();
  const program = await stackProgram(options);
  const say = (line: string): void => {
    note(terminal, line);
  };
  const { machine } = openMachine(options, { program, say });
  ensurePipeline(machine, program);
  serveEndpoints(machine, say);
  const { host, port } = options;
  const server = await serveApi(machine, port, host).catch(portInUse(port));
  print(
    terminal,
    `SageMaker's API on ${machine.workspace.folder}, not authenticated: ${server.url}`,
  );
  for (const service of services) {
    print(terminal, `export AWS_ENDPOINT_URL_${service}=${server.url}`);
  }
  print(terminal, `export AWS_DEFAULT_REGION=${program.region} AWS_REGION=${program.region}`);
  print(terminal, "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local");
  await new Promise<void>((interrupted) => {
    stopped.addEventListener("abort", () => {
      interrupted();
    });
  });
  await Promise.all([server.close(), machine.close()]);
  return 0;
}

/** `emulate`: serves SageMaker's API from a work folder. */
export function emulate(terminal: Terminal): Command {
  return (
    withAuthorization(withMachine(new Command("emulate")))
      .description(
        "Serve SageMaker's API on this machine, from a work folder, until interrupted. boto3, the AWS CLI and the SDKs " +
          "use it through the environment variables that it prints. Requests are not authenticated.",
      )
      .option("--port <number>", "port on this machine; 0: any free port", readPort(0), 4577)
      .option(
        "--host <address>",
        "address to listen on; anyone who can reach it can use it",
        "127.0.0.1",
      )
      .option(
        "--stack <name>",
        `stack whose pipeline, images and table to provide (${stackDefault})`,
      )
      .option("--work-folder <path>", "the work folder (default: .local)")
      // Accepted for consistency: it changes nothing.
      .addOption(new Option("--local").hideHelp())
      .action(async (options: EmulateOptions) => {
        terminal.exit(await interruptible((stopped) => serveMachine(options, stopped, terminal)));
      })
  );
}
