import { type Command, CommanderError } from "commander";

import { nearest } from "../pipeline/language/nearest";
import { asUserError, UserError } from "../errors/userError";
import { wrapped } from "../terminal/fittedTable";
import { widthOf } from "../terminal/output";
import { note, print, type Terminal } from "./terminal";
import { loadVerb, type Verb, verbGroups, verbs } from "./verbs";

/** Exit code for wrong usage. */
const usageError = 1;

/** Exit code for wrong usage and errors where 1 is an answer: the definitions differ, the request is denied. */
const answeringError = 2;
const answering = new Set(["authorize", "definition"]);

/** Max characters of a line of the help without a terminal, as in commander. */
const defaultColumns = 80;

/** Min characters for the summary of a verb. */
const minColumns = 20;

/** What the user types before the verb. */
function typed(isLocal: boolean): string {
  return isLocal ? "npm run local --" : "npm run restate --";
}

/**
 * Takes `--local` off the front, where `npm run local` puts it.
 * @returns the verb (with `--local`, `run` by default) and its arguments
 */
function readVerb(args: readonly string[]): {
  readonly name: string | undefined;
  readonly rest: readonly string[];
  readonly isLocal: boolean;
} {
  const isLocal = args[0] === "--local";
  const [first, ...rest] = isLocal ? args.slice(1) : args;
  const isHelp = first === "--help" || first === "-h" || first === "help";
  if (isLocal && !isHelp && (first === undefined || first.startsWith("-"))) {
    return { name: "run", rest: args.slice(1), isLocal };
  }
  return { name: first, rest, isLocal };
}

/** A row of features that begins with a minus sign: not an option. */
const negativeRow = /^-(?:\d|\.\d|inf\b|nan\b)/i;

/** The arguments of `invoke`, in which a row may begin with a minus. */
function withRowsLast(args: readonly string[]): readonly string[] {
  if (args.includes("--") || !args.some((one) => negativeRow.test(one))) {
    return args;
  }
  const options = args.filter((one) => !negativeRow.test(one));
  return [...options, "--", ...args.filter((one) => negativeRow.test(one))];
}

const examples = (lines: readonly string[], isLocal: boolean): string =>
  lines.length === 0
    ? ""
    : `\nExamples:\n${lines.map((line) => `  ${typed(isLocal)} ${line}`).join("\n")}`;

/**
 * The verbs by group, and what applies to all of them.
 * @param columns max characters of a line, except of examples
 */
function help(isLocal: boolean, columns: number): string {
  const all = verbs.map((one) => `${one.name} ${one.arguments}`.trim().length);
  const width = Math.max(...all) + 2;
  const summaryOf = ({ summary }: Verb): string =>
    wrapped(summary, Math.max(minColumns, columns - width - 2)).join(`\n${" ".repeat(width + 2)}`);
  const groups = verbGroups.map(
    (group) =>
      `${group.title}:\n` +
      group.verbs
        .map((one) => `  ${`${one.name} ${one.arguments}`.padEnd(width)}${summaryOf(one)}`)
        .join("\n"),
  );
  const usage = isLocal
    ? "Usage: npm run local [-- <verb> [options]]\n\n" +
      "Runs and manages the pipeline on this machine, without an AWS account. The default verb is `run`.\n" +
      "`npm run restate -- <verb>` does the same for a stack in AWS."
    : "Usage: npm run restate -- <verb> [options]\n\n" +
      "Runs and manages the pipeline of a deployed stack in AWS, or with --local on this machine, without an account.\n" +
      "`npm run local -- <verb>` is short for `npm run restate -- <verb> --local`.";
  const shown = isLocal
    ? ["--data houses.csv", "trials", "approve 1", "run --help"]
    : ["start --wait --stack prod", "status --follow", "logs TuneXGBoost", "runs --local"];
  const details = isLocal
    ? ""
    : "\n\nThe stack's exports name the pipeline, its registry and region. They are read with the Pulumi CLI, or from the " +
      "--outputs file. Credentials are found as in the AWS SDK: AWS_PROFILE, the keys in the environment, a session of " +
      "`aws sso login`, or the machine's role. AWS_ENDPOINT_URL is supported.";
  const end = `Refer to an execution by its id or ARN.${details}\n\`<verb> --help\` shows the options of a verb.`;
  const text = (paragraphs: string): string => wrapped(paragraphs, columns).join("\n");
  return `${text(usage)}\n\n${groups.join("\n\n")}\n\n${text(end)}\n${examples(shown, isLocal)}`;
}

/** Makes a command and its subcommands write to the terminal, and throw instead of exiting. */
function adopt(command: Command, terminal: Terminal): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => terminal.stdout.write(text),
    writeErr: (text) => terminal.stderr.write(text),
  });
  for (const inner of command.commands) {
    adopt(inner, terminal);
  }
}

/**
 * Refuses options without a value, such as `--data "$DATA"` of an unset variable, which would mean the current folder.
 * @throws UserError that names the option
 */
function refuseEmpty(command: Command): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValue(name) === "" && name !== "comment") {
      throw new UserError(`${option.long ?? option.flags} is empty`);
    }
  }
}

async function call(
  verb: Verb,
  args: readonly string[],
  isLocal: boolean,
  terminal: Terminal,
): Promise<void> {
  const command = loadVerb(verb, terminal);
  if (command.description() === "") {
    command.description(`${verb.summary.charAt(0).toUpperCase()}${verb.summary.slice(1)}.`);
  }
  command
    .name(`${typed(isLocal)} ${verb.name}`)
    .addHelpText("after", examples(verb.examples, isLocal));
  adopt(command, terminal);
  command.hook("preAction", (_, action) => {
    refuseEmpty(action);
  });
  const given = verb.name === "invoke" ? withRowsLast(args) : args;
  await command.parseAsync(isLocal ? ["--local", ...given] : given, { from: "user" });
}

/**
 * Runs a command line.
 *
 * @param args the words after the program's name
 * @throws errors of the program; users' errors are printed
 */
export async function restate(args: readonly string[], terminal: Terminal): Promise<void> {
  const { isLocal, name, rest } = readVerb(args);
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const asked = verbs.find((one) => one.name === rest[0]);
    if (name === "help" && asked !== undefined) {
      await restate([...(isLocal ? ["--local"] : []), asked.name, "--help"], terminal);
      return;
    }
    const columns = widthOf(terminal.stdout);
    print(terminal, help(isLocal, Number.isFinite(columns) ? columns : defaultColumns));
    return;
  }
  const verb = verbs.find((one) => one.name === name);
  if (verb === undefined) {
    const similar = nearest(
      name,
      verbs.map((one) => one.name),
    );
    const hint =
      similar === undefined
        ? `\`${typed(isLocal)} help\` lists the verbs`
        : `did you mean ${similar}?`;
    note(terminal, `error: unknown verb ${name}; ${hint}`);
    terminal.exit(usageError);
    return;
  }
  const failed = answering.has(verb.name) ? answeringError : usageError;
  try {
    await call(verb, rest, isLocal, terminal);
  } catch (error) {
    if (error instanceof CommanderError) {
      terminal.exit(error.exitCode === 0 ? 0 : failed);
      return;
    }
    const known = asUserError(error);
    if (known === undefined) {
      throw error;
    }
    note(terminal, `error: ${known.message}`);
    terminal.exit(failed);
  }
}
