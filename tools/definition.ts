import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { Command } from "commander";

import { UserError } from "../terminal/errors";
import { evaluateProgram } from "../local/program/program";
import { stepGraph } from "../local/report/stepGraph";
import { standaloneStepGraph } from "../local/report/stepGraphSvg";
import { stackConfig } from "../local/program/stackConfig";
import { diffDefinitions, formatDifferences } from "../pipeline/diff";
import type { JsonObject } from "../pipeline/expressions";
import { canonicalJson } from "../pipeline/language/canonicalJson";
import { isObject } from "../pipeline/walk";

const root = resolve(__dirname, "..");

/** A path that the user typed: npm runs commands in the project's folder, wherever it was called. */
const typedPath = (path: string): string => resolve(process.env["INIT_CWD"] ?? process.cwd(), path);

/** Exit codes of `diff`, those of the command diff. */
const exit = { equal: 0, different: 1, error: 2 };

async function stackDefinition(stack: string, configFile?: string): Promise<JsonObject> {
  const file = configFile === undefined ? undefined : typedPath(configFile);
  return (await evaluateProgram(stack, stackConfig(stack, file))).definition;
}

function fileDefinition(path: string): JsonObject {
  let definition: unknown;
  try {
    definition = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UserError(`${path} is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(definition)) {
    throw new UserError(`${path} holds no JSON object`);
  }
  return definition;
}

function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** Renders a stack with the source of a git revision, in a work tree of its own. */
function revisionDefinition(revision: string, stack: string): JsonObject {
  const tree = join(mkdtempSync(join(tmpdir(), "restate-revision-")), "tree");
  if (git("worktree", "add", "--detach", tree, revision) === undefined) {
    throw new UserError(`cannot check out the git revision ${revision}`);
  }
  try {
    symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
    const script = ["--require", "ts-node/register/transpile-only", "tools/definition.ts"];
    const { status, stderr, stdout } = spawnSync(process.execPath, [...script, "--stack", stack], {
      cwd: tree,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    if (status !== 0) {
      throw new UserError(`${revision} cannot render the stack ${stack}: ${stderr.trim()}`);
    }
    return JSON.parse(stdout) as JsonObject;
  } finally {
    git("worktree", "remove", "--force", tree);
    rmSync(resolve(tree, ".."), { recursive: true, force: true });
  }
}

/** The definition that a word on the command line means: a file, a stack, or a git revision. */
async function named(word: string, stack: string): Promise<JsonObject> {
  const path = typedPath(word);
  if (existsSync(path)) {
    return fileDefinition(path);
  }
  if (existsSync(join(root, `Pulumi.${word}.yaml`))) {
    return stackDefinition(word);
  }
  if (git("rev-parse", "--verify", "--quiet", `${word}^{commit}`) !== undefined) {
    return revisionDefinition(word, stack);
  }
  throw new UserError(`"${word}" is no file, no stack and no git revision`);
}

interface DefinitionOptions {
  readonly canonical?: boolean;
  readonly configFile?: string;
  readonly stack: string;
}

const command = new Command("definition")
  .description(
    "Prints the pipeline's definition as the program renders it, without an account: the account id and " +
      "the ids that AWS assigns are placeholders.",
  )
  .option("--stack <name>", "stack whose configuration to use", "dev")
  .option(
    "--config-file <path>",
    "file with the stack's configuration (default: Pulumi.<stack>.yaml)",
  )
  .option("--canonical", "print it as it is deployed: compact, with keys in order")
  .action(async ({ canonical, configFile, stack }: DefinitionOptions) => {
    const definition = await stackDefinition(stack, configFile);
    process.stdout.write(`${canonicalJson(definition, canonical === true ? undefined : 2)}\n`);
  });

command
  .command("diff")
  .description(
    "Prints what differs between two definitions, step by step. Each is a file, a stack, or a git revision. " +
      "Exit code: 0 where they are equal, 1 where they differ, 2 where one cannot be had.",
  )
  .argument("<before>")
  .argument("<after>")
  .action(async (before: string, after: string) => {
    const { stack } = command.opts<{ stack: string }>();
    const left = await named(before, stack);
    const differences = diffDefinitions(left, await named(after, stack));
    for (const line of formatDifferences(differences)) {
      process.stdout.write(`${line}\n`);
    }
    process.exitCode = differences.length === 0 ? exit.equal : exit.different;
  });

command
  .command("graph")
  .description(
    "Prints the steps of a definition and what each waits for, as an SVG picture. The definition is a file, a " +
      "stack, or a git revision; by default the stack's.",
  )
  .argument("[definition]")
  .option("--json", "print the nodes and edges instead")
  .action(async (word: string | undefined, { json }: { json?: boolean }) => {
    const { configFile, stack } = command.opts<DefinitionOptions>();
    const definition =
      word === undefined ? await stackDefinition(stack, configFile) : await named(word, stack);
    const graph = stepGraph(definition);
    process.stdout.write(
      json === true
        ? `${JSON.stringify(graph)}\n`
        : standaloneStepGraph(graph, "the steps of the pipeline"),
    );
  });

command.parseAsync().catch((error: unknown) => {
  if (!(error instanceof UserError)) {
    throw error;
  }
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = exit.error;
});
