import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { createRequire } from "node:module";

import type { EmulateOptions } from "../local/commands/emulate";
import { UserError } from "../terminal/errors";
import { collectParameter } from "../terminal/options";
import { endWithReader } from "../terminal/output";
import type { Pace } from "./follow";
import { type OutputsSource, readOutputs } from "./stackOutputs";

/** The options of all commands. */
interface Common extends OutputsSource {
  readonly json?: boolean;
}

/** The options of commands that may watch. */
interface Watching extends Common {
  readonly every?: number;
}

// The versions of the SDK are pinned: what later ones will need is no news for whoever runs a command.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

const load = createRequire(__filename);
const local = {
  emulate: () => load("../local/commands/emulate") as typeof import("../local/commands/emulate"),
  interruption: () => load("../local/interruption") as typeof import("../local/interruption"),
};
/** The commands, each loaded with the clients that it needs when it is called, so that help is quick. */
const commands = {
  executions: () => load("./commands/executions") as typeof import("./commands/executions"),
  invoke: () => load("./commands/invoke") as typeof import("./commands/invoke"),
  logs: () => load("./commands/logs") as typeof import("./commands/logs"),
  models: () => load("./commands/models") as typeof import("./commands/models"),
  runs: () => load("./commands/runs") as typeof import("./commands/runs"),
  trials: () => load("./commands/trials") as typeof import("./commands/trials"),
};

const pipelineOutputs = ["region", "pipelineName", "pipelineArn"] as const;
const modelOutputs = ["region", "modelPackageGroupName"] as const;

function readPositive(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("It must be a number above 0.");
  }
  return value;
}

function readCount(text: string): number {
  const value = readPositive(text);
  if (!Number.isInteger(value) || value > 100) {
    throw new InvalidArgumentError("It must be a whole number from 1 to 100.");
  }
  return value;
}

function readPort(text: string): number {
  const port = Number(text);
  if (text.trim() === "" || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
  }
  return port;
}

function paceOf({ every }: Watching): Pace {
  // SageMaker's calls are limited per account, and steps take minutes.
  return every === undefined ? { shortest: 2, longest: 30 } : { shortest: every, longest: every };
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const program = new Command("restate")
  .description(
    "Operates the pipeline of a deployed stack, in AWS. The stack's exports say which; they are asked of the " +
      "Pulumi CLI, or read from a file.",
  )
  .addHelpText(
    "after",
    `
Credentials are found as the AWS SDK does it: AWS_PROFILE, the keys in the environment, a session of
\`aws sso login\`, or the role of the machine. The region is the stack's. AWS_ENDPOINT_URL is honoured.
An execution is named by its id or its ARN; where none is named, the latest is meant.

Examples:
  npm run restate -- start --wait --parameter MinimumR2=0.7
  npm run restate -- status --follow
  npm run restate -- approve 3 --comment "better on the coast" --stack prod
  npm run restate -- invoke ENDPOINT -- -117.18,32.75,52.0,1504.0,208.0,518.0,196.0`,
  )
  .exitOverride();

/** A command on a stack. */
function command(usage: string, description: string): Command {
  return program
    .command(usage)
    .description(description)
    .option("--stack <name>", "the deployed stack", "dev")
    .option(
      "--outputs <file>",
      "what `pulumi stack output --json` printed, where there is no Pulumi CLI",
    )
    .exitOverride();
}

/** A command on a stack that can print JSON. */
function jsonCommand(usage: string, description: string): Command {
  return command(usage, description).option("--json", "print one JSON document");
}

function watchOptions(options: Watching): {
  readonly stack: string;
  readonly json: boolean;
  readonly pace: Pace;
} {
  return { stack: options.stack, json: options.json === true, pace: paceOf(options) };
}

const everyOption = [
  "--every <seconds>",
  "how often to look (default: from every 2 seconds to every 30, while nothing changes)",
  readPositive,
] as const;

jsonCommand("start", "start the pipeline, and print the ARN of the execution")
  .addOption(
    new Option("--parameter <name=value>", "value of a pipeline parameter; can be repeated")
      .argParser(collectParameter)
      .default(new Map<string, string>(), "those of the definition"),
  )
  .option("--wait", "watch the execution; the exit code is 0 only where it succeeds")
  .option(...everyOption)
  .action(
    async (
      options: Watching & {
        readonly parameter: ReadonlyMap<string, string>;
        readonly wait?: boolean;
      },
    ) => {
      const outputs = await readOutputs(options, [...pipelineOutputs, "pipelineDefinition"]);
      const { start } = commands.executions();
      const { parameter, wait } = options;
      process.exitCode = await start(outputs, parameter, wait === true, watchOptions(options));
    },
  );

jsonCommand("status [execution]", "show the steps of an execution, and why one failed")
  .option("--follow", "watch until it ends; the exit code is 0 only where it succeeds")
  .option(...everyOption)
  .action(
    async (execution: string | undefined, options: Watching & { readonly follow?: boolean }) => {
      const outputs = await readOutputs(options, pipelineOutputs);
      const { status } = commands.executions();
      const { follow } = options;
      process.exitCode = await status(outputs, execution, follow === true, watchOptions(options));
    },
  );

jsonCommand("stop [execution]", "stop an execution, with the jobs that are running").action(
  async (execution: string | undefined, options: Common) => {
    const outputs = await readOutputs(options, pipelineOutputs);
    await commands.executions().stop(outputs, execution, options.json === true);
  },
);

jsonCommand("runs", "list the latest executions")
  .option("--most <number>", "how many", readCount, 10)
  .action(async (options: Common & { readonly most: number }) => {
    const outputs = await readOutputs(options, [...pipelineOutputs, "modelPackageGroupName"]);
    print(await commands.runs().runs(outputs, options.most, options.json === true));
  });

jsonCommand("trials [execution]", "list the trials of an execution, the best of each step first")
  .option("--csv", "print them as CSV, in the order in which they were made")
  .action(async (execution: string | undefined, options: Common & { readonly csv?: boolean }) => {
    if (options.csv === true && options.json === true) {
      throw new UserError("--csv and --json: give one of them");
    }
    const form = options.csv === true ? "csv" : options.json === true ? "json" : "table";
    const outputs = await readOutputs(options, pipelineOutputs);
    print(await commands.trials().trials(outputs, execution, form));
  });

jsonCommand("models", "list the model packages, the latest last").action(
  async (options: Common) => {
    const outputs = await readOutputs(options, modelOutputs);
    print(await commands.models().models(outputs, options.json === true));
  },
);

for (const [name, status] of [
  ["approve", "Approved"],
  ["reject", "Rejected"],
] as const) {
  jsonCommand(`${name} <version>`, `set the approval status of a model package to ${status}`)
    .option("--comment <text>", "why, kept with the model package")
    .action(async (version: string, options: Common & { readonly comment?: string }) => {
      const outputs = await readOutputs(options, modelOutputs);
      const { approve } = commands.models();
      print(await approve(outputs, version, status, options.comment, options.json === true));
    });
}

jsonCommand(
  "invoke <endpoint> <rows>",
  "ask an endpoint for predictions: a CSV row, or a file of rows, without label and header",
).action(async (endpoint: string, rows: string, options: Common) => {
  const { region } = await readOutputs(options, ["region"]);
  await commands.invoke().invoke(region, endpoint, rows, options.json === true, print);
});

command(
  "logs <step> [execution]",
  "print the log of a step's job, of all trials of a tuning step (those that failed first), or of a job by its name",
)
  .option("--follow", "print what is added too, until the step or the job has ended")
  .option(...everyOption)
  .action(
    async (
      step: string,
      execution: string | undefined,
      options: Watching & { readonly follow?: boolean },
    ) => {
      const outputs = await readOutputs(options, pipelineOutputs);
      const pace = options.follow === true ? paceOf(options) : undefined;
      await commands.logs().logs(outputs, step, execution, pace, print);
    },
  );

program
  .command("emulate")
  .description(
    "answer SageMaker's API on this machine, from a work folder of the local run, until it is interrupted: for " +
      "boto3, the AWS CLI and SDKs, by the environment that it prints. Requests are not authenticated",
  )
  .option("--port <number>", "port on this machine; 0: any that is free", readPort, 4577)
  .option(
    "--host <address>",
    "address to listen on; anybody who reaches it may use it",
    "127.0.0.1",
  )
  .option("--stack <name>", "stack whose pipeline, images and table are there", "dev")
  .option(
    "--config-file <path>",
    "file with the stack's configuration (default: Pulumi.<stack>.yaml)",
  )
  .option("--data <path>", "file or folder with the table's data (also RESTATE_DATA)")
  .option("--work-folder <path>", "where all is kept (default: .local)")
  .option("--docker", "run training jobs and endpoints in containers, where their images are here")
  .exitOverride()
  .action(async (options: EmulateOptions) => {
    const { emulate } = local.emulate();
    process.exitCode = await local
      .interruption()
      .interruptible((stopped) => emulate(options, stopped, print));
  });

endWithReader(process.stdout);

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else if (error instanceof UserError) {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  } else {
    throw error;
  }
});
