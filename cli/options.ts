import { Command, InvalidArgumentError, Option } from "commander";

import { UserError } from "../errors/userError";
import { collectParameter, shellWord } from "../terminal/options";
import type { Pace } from "../sageMaker/follow";

/** The default of `--stack`, for the help. */
export const stackDefault = "default: taken from the name of the --config-file, or dev";

/** The options of commands that can print JSON. */
export interface JsonOption {
  readonly json?: boolean;
}

/** Adds the options that select the world of a command. */
export function withWorld(command: Command): Command {
  return command
    .option("--local", "use this machine instead of AWS")
    .option("--stack <name>", `the stack (${stackDefault})`)
    .option(
      "--outputs <file>",
      "file with the output of `pulumi stack output --json`, if you have no Pulumi CLI",
    )
    .option("--work-folder <path>", "with --local: the work folder (default: .local)");
}

/** Adds `--image`, which sets what runs the jobs of an image that this machine has no implementation of. */
export function withImages(command: Command): Command {
  return command.addOption(
    new Option(
      "--image <uri=folder>",
      "with --local: how to run an image's jobs: the folder of its program, or docker for a container; can be repeated",
    )
      .argParser(collectParameter)
      .default(new Map<string, string>(), "the images known here"),
  );
}

/** Adds the options of local runs. */
export function withMachine(command: Command): Command {
  return withImages(command)
    .option("--config-file <path>", "the stack's configuration (default: Pulumi.<stack>.yaml)")
    .option(
      "--data <path>",
      "file or folder with the table's data (default: restate:dataFile, else RESTATE_DATA)",
    )
    .option(
      "--docker",
      "run training and serving jobs in containers if their images are on this machine; jobs on SageMaker's own " +
        "images run in processes",
    )
    .option(
      "--trust-code",
      "with --local: run the custom code (pandas, PySpark, SQL, formulas) of Data Wrangler flows; it can do what you can",
    );
}

/** Adds `--no-authorization`. */
export function withAuthorization(command: Command): Command {
  return command.option(
    "--no-authorization",
    "with --local: do not check the policies of the stack's roles, bucket, key and endpoints",
  );
}

/** Adds `--json`. */
export function withJson(command: Command): Command {
  return command.option("--json", "print only one JSON document on standard output");
}

/** Adds `--max`, the max items of a list. */
export function withMax(command: Command, what: string, max?: number): Command {
  return command.option("--max <number>", `maximum number of ${what} to list`, readCount, max);
}

/** The options of commands that list. */
export interface MaxOption {
  readonly max: number;
}

/** The option of commands on model packages. */
export interface GroupOption {
  readonly group?: string;
}

/** Adds `--group`, for version numbers that several groups have. */
export function withGroup(command: Command): Command {
  return command.option("--group <name>", "the model package group, if there are several");
}

/** Adds `--parameter`. */
export function withParameters(command: Command): Command {
  return command.addOption(
    new Option("--parameter <name=value>", "value of a pipeline parameter; can be repeated")
      .argParser(collectParameter)
      .default(new Map<string, string>(), "the definition's"),
  );
}

/** Adds `--every`, how often a command polls. */
export function withPace(command: Command): Command {
  return command.option(
    "--every <seconds>",
    "interval between polls (default: 2 seconds, up to 30 while nothing changes)",
    readPositive,
  );
}

export interface PaceOption {
  readonly every?: number;
}

/**
 * How often to poll.
 * @param isLocal whether this machine is polled, which has no rate limit
 */
export function paceOf({ every }: PaceOption, isLocal: boolean): Pace {
  if (every !== undefined) {
    return { shortest: every, longest: every };
  }
  // SageMaker's calls are limited per account, and steps take minutes.
  return isLocal ? { shortest: 0.1, longest: 0.5 } : { shortest: 2, longest: 30 };
}

/** @throws InvalidArgumentError if the text is not a number above 0 */
function readPositive(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("It must be a number above 0.");
  }
  return value;
}

/** @throws InvalidArgumentError if the text is not an integer from 1 to 10000 */
function readCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000) {
    throw new InvalidArgumentError("It must be an integer from 1 to 10000.");
  }
  return value;
}

/**
 * Reads a port.
 * @param min 0 if 0 is allowed, meaning any free port
 */
export function readPort(min: 0 | 1): (text: string) => number {
  return (text) => {
    const port = Number(text);
    if (text.trim() === "" || !Number.isInteger(port) || port < min || port > 65535) {
      throw new InvalidArgumentError(`It must be an integer from ${min} to 65535.`);
    }
    return port;
  };
}

/** Rethrows why a port cannot be listened on: a UserError if it is in use. */
export function portInUse(port: number): (error: unknown) => never {
  return (error) => {
    throw (error as NodeJS.ErrnoException).code === "EADDRINUSE"
      ? new UserError(`port ${port} is in use; choose another with --port`)
      : error;
  };
}

/** Options that affect what a step does on this machine. */
export interface TypedOptions {
  readonly stack?: string;
  readonly configFile?: string;
  readonly data?: string;
  readonly definition?: string;
  readonly pipelineName?: string;
  readonly s3?: string;
  readonly image?: ReadonlyMap<string, string>;
  readonly parameter?: ReadonlyMap<string, string>;
  readonly docker?: boolean;
  readonly trustCode?: boolean;
  /** False if `--no-authorization` is given. */
  readonly authorization?: boolean;
}

/** Options as the user would type them, each after a space. */
export function typedOptions(options: TypedOptions): string {
  const { authorization, docker, image = new Map(), parameter = new Map(), trustCode } = options;
  const named = {
    stack: options.stack,
    "config-file": options.configFile,
    data: options.data,
    definition: options.definition,
    "pipeline-name": options.pipelineName,
    s3: options.s3,
  };
  const words = Object.entries(named).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  for (const [name, values] of Object.entries({ image, parameter })) {
    words.push(...[...values].flatMap(([key, value]) => [`--${name}`, `${key}=${value}`]));
  }
  words.push(...(docker === true ? ["--docker"] : []));
  words.push(...(trustCode === true ? ["--trust-code"] : []));
  words.push(...(authorization === false ? ["--no-authorization"] : []));
  return words.map((word) => ` ${shellWord(word)}`).join("");
}
