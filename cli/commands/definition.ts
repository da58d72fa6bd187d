import { Command, Option } from "commander";

import { stepGraph } from "../../report/stepGraph";
import { standaloneStepGraph } from "../../report/stepGraphSvg";
import { canonicalJson } from "../../pipeline/language/canonicalJson";
import { diffDefinitions, formatDifferences } from "../../pipeline/language/diff";
import { stackNamed } from "../../offline/stackConfig";
import { stackDefault } from "../options";
import { type DefinitionOptions, namedDefinition } from "../namedDefinition";
import { stackProgram } from "../stackProgram";
import { print, type Terminal } from "../terminal";
import { cost } from "./definitionCost";

/** Exit code of `diff` if the definitions differ, as of the Unix command. */
const different = 1;

function diff(terminal: Terminal, options: () => DefinitionOptions): Command {
  return new Command("diff")
    .description(
      "Print the differences between two definitions, step by step. Each is a file, a stack, or a git revision. " +
        "Exit code: 0 if they are equal, 1 if they differ, 2 if there was an error.",
    )
    .argument("<before>", "a file, a stack, or a git revision")
    .argument("<after>", "a file, a stack, or a git revision")
    .action(async (before: string, after: string) => {
      const stack = stackNamed(options());
      const left = await namedDefinition(before, stack);
      const differences = diffDefinitions(left, await namedDefinition(after, stack));
      for (const line of formatDifferences(differences)) {
        print(terminal, line);
      }
      terminal.exit(differences.length === 0 ? 0 : different);
    });
}

function graph(terminal: Terminal, options: () => DefinitionOptions): Command {
  return new Command("graph")
    .description("Draw the steps of a definition and their dependencies, as SVG.")
    .argument("[definition]", "a file, a stack, or a git revision (default: the stack's)")
    .option("--json", "print the nodes and edges instead")
    .action(async (word: string | undefined, { json }: { json?: boolean }) => {
      const definition =
        word === undefined
          ? (await stackProgram(options())).definition
          : await namedDefinition(word, stackNamed(options()));
      const steps = stepGraph(definition);
      terminal.stdout.write(
        json === true
          ? `${JSON.stringify(steps)}\n`
          : standaloneStepGraph(steps, "the steps of the pipeline"),
      );
    });
}

/** `definition`: prints the pipeline's definition as the program renders it, and compares and draws definitions. */
export function definition(terminal: Terminal): Command {
  const command = new Command("definition")
    .option("--stack <name>", `stack whose configuration to use (${stackDefault})`)
    .option("--config-file <path>", "the stack's configuration (default: Pulumi.<stack>.yaml)")
    .option("--canonical", "print it as deployed: compact, with sorted keys")
    // Accepted for consistency: it changes nothing.
    .addOption(new Option("--local").hideHelp())
    .action(async ({ canonical, ...options }: DefinitionOptions) => {
      const found = (await stackProgram(options)).definition;
      print(terminal, canonicalJson(found, canonical === true ? undefined : 2));
    });
  const options = (): DefinitionOptions => command.opts<DefinitionOptions>();
  return command
    .addCommand(diff(terminal, options))
    .addCommand(graph(terminal, options))
    .addCommand(cost(terminal, options));
}
