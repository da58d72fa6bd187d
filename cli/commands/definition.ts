import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { Command, Option } from "commander";

import { loadProgram } from "../../local/caching/programCache";
import { stackConfig } from "../../offline/stackConfig";
import { stepGraph } from "../../report/stepGraph";
import { standaloneStepGraph } from "../../report/stepGraphSvg";
import { canonicalJson } from "../../pipeline/language/canonicalJson";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { diffDefinitions, formatDifferences } from "../../pipeline/language/diff";
import { UserError } from "../../errors/userError";
import { typedPath } from "../../terminal/options";
import { parseDefinition } from "../parseDefinition";
import { print, type Terminal } from "../terminal";
import { defaultStack } from "../world";

const root = resolve(__dirname, "..", "..");

/** Where evaluations of the program are kept. */
const cache = join(root, "node_modules", ".cache", "restate");

/** Exit code of `diff` where the definitions differ: that of the command diff. */
const different = 1;

async function stackDefinition(stack: string, configFile?: string): Promise<PipelineDefinition> {
  const file = configFile === undefined ? undefined : typedPath(configFile);
  return (await loadProgram(cache, stack, stackConfig(stack, file))).definition;
}

function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** Renders a stack with the source of a git revision, in a work tree of its own. */
function revisionDefinition(revision: string, stack: string): PipelineDefinition {
  const tree = join(mkdtempSync(join(tmpdir(), "restate-revision-")), "tree");
  if (git("worktree", "add", "--detach", tree, revision) === undefined) {
    throw new UserError(`cannot check out the git revision ${revision}`);
  }
  try {
    symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
    const script = existsSync(join(tree, "cli", "restate.ts"))
      ? ["--require", "tsx/cjs", "cli/restate.ts", "definition"]
      : ["--require", "ts-node/register/transpile-only", "tools/definition.ts"];
    const { status, stderr, stdout } = spawnSync(process.execPath, [...script, "--stack", stack], {
      cwd: tree,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    if (status !== 0) {
      throw new UserError(`${revision} cannot render the stack ${stack}: ${stderr.trim()}`);
    }
    return parseDefinition(revision, stdout);
  } finally {
    git("worktree", "remove", "--force", tree);
    rmSync(resolve(tree, ".."), { recursive: true, force: true });
  }
}

/** The definition that a word on the command line means: a file, a stack, or a git revision. */
async function named(word: string, stack: string): Promise<PipelineDefinition> {
  const path = typedPath(word);
  if (existsSync(path)) {
    return parseDefinition(path, readFileSync(path, "utf8"));
  }
  if (existsSync(join(root, `Pulumi.${word}.yaml`))) {
    return stackDefinition(word);
  }
  if (git("rev-parse", "--verify", "--quiet", `${word}^{commit}`) !== undefined) {
    return revisionDefinition(word, stack);
  }
  throw new UserError(`"${word}" is not a file, a stack or a git revision`);
}

interface DefinitionOptions {
  readonly canonical?: boolean;
  readonly configFile?: string;
  readonly stack: string;
}

function diff(terminal: Terminal, options: () => DefinitionOptions): Command {
  return new Command("diff")
    .description(
      "Prints what differs between two definitions, step by step. Each is a file, a stack, or a git revision. " +
        "Exit code: 0 if they are equal, 1 if they differ, 2 if there was an error.",
    )
    .argument("<before>", "a file, a stack, or a git revision")
    .argument("<after>", "a file, a stack, or a git revision")
    .action(async (before: string, after: string) => {
      const { stack } = options();
      const left = await named(before, stack);
      const differences = diffDefinitions(left, await named(after, stack));
      for (const line of formatDifferences(differences)) {
        print(terminal, line);
      }
      terminal.exit(differences.length === 0 ? 0 : different);
    });
}

function graph(terminal: Terminal, options: () => DefinitionOptions): Command {
  return new Command("graph")
    .description("Prints the steps of a definition and what each waits for, as an SVG picture.")
    .argument("[definition]", "a file, a stack, or a git revision (default: the stack's)")
    .option("--json", "print the nodes and edges instead")
    .action(async (word: string | undefined, { json }: { json?: boolean }) => {
      const { configFile, stack } = options();
      const definition =
        word === undefined ? await stackDefinition(stack, configFile) : await named(word, stack);
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
    .option("--stack <name>", "stack whose configuration to use", defaultStack)
    .option("--config-file <path>", "the stack's configuration (default: Pulumi.<stack>.yaml)")
    .option("--canonical", "print it as it is deployed: compact, with keys in order")
    // It is the same in both worlds.
    .addOption(new Option("--local").hideHelp())
    .action(async ({ canonical, configFile, stack }: DefinitionOptions) => {
      const found = await stackDefinition(stack, configFile);
      print(terminal, canonicalJson(found, canonical === true ? undefined : 2));
    });
  const options = (): DefinitionOptions => command.opts<DefinitionOptions>();
  return command.addCommand(diff(terminal, options)).addCommand(graph(terminal, options));
}
