import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { UserError } from "../errors/userError";
import type { PipelineDefinition } from "../pipeline/language/definition";
import { typedPath } from "../terminal/options";
import { parseDefinition } from "../sageMaker/parseDefinition";
import { stackProgram } from "./stackProgram";

const root = resolve(__dirname, "..");

/** The options of all commands for definitions. */
export interface DefinitionOptions {
  readonly canonical?: boolean;
  readonly configFile?: string;
  readonly stack?: string;
}

function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** Renders a stack with the source of a git revision, in a separate work tree. */
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

/** Whether a word on the command line is the name of a stack rather than of a file. */
export function isStack(word: string): boolean {
  return !existsSync(typedPath(word)) && existsSync(join(root, `Pulumi.${word}.yaml`));
}

/**
 * The definition that a word on the command line names: a file, a stack, or a git revision.
 *
 * @param stack the stack to render with the source of a revision
 * @throws UserError if it names none
 */
export async function namedDefinition(word: string, stack: string): Promise<PipelineDefinition> {
  const path = typedPath(word);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) {
    return parseDefinition(path, readFileSync(path, "utf8"));
  }
  if (isStack(word)) {
    return (await stackProgram({ stack: word })).definition;
  }
  if (git("rev-parse", "--verify", "--quiet", `${word}^{commit}`) !== undefined) {
    return revisionDefinition(word, stack);
  }
  throw new UserError(`"${word}" is not a file, a stack or a git revision`);
}
