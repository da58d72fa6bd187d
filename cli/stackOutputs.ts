import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { UserError } from "../errors/userError";
import { outputsVersion, type StackOutputs, type TextOutput } from "../contract/outputs";
import { typedPath } from "../terminal/options";

/** Where to get the exports of a stack. */
interface OutputsSource {
  /** Name of the stack in the Pulumi CLI. */
  readonly stack: string;
  /** A file with the output of `pulumi stack output --json`, to use instead of the CLI. */
  readonly outputs?: string;
}

const root = resolve(__dirname, "..");

function askPulumi(stack: string): Promise<string> {
  const args = ["stack", "output", "--json", "--stack", stack, "--non-interactive"];
  return new Promise((done, failed) => {
    // The definition, up to a megabyte, is among the exports.
    execFile("pulumi", args, { cwd: root, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null) {
        done(stdout);
      } else if (error.code === "ENOENT") {
        failed(
          new UserError(
            "the Pulumi CLI, which reads the stack's exports, is not on the path; install it, or save the output of " +
              "`pulumi stack output --json` in a file and pass it with --outputs",
          ),
        );
      } else {
        const lines = (stderr.trim() || stdout.trim() || error.message).split("\n");
        const said = lines.find((line) => line.startsWith("error: ")) ?? lines.at(-1) ?? "";
        failed(new UserError(`pulumi stack output: ${said.replace(/^error: /, "")}`));
      }
    });
  });
}

function readOutputsFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new UserError(`--outputs: cannot read ${path}`);
  }
}

function parse(text: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${where}: not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError(`${where}: is not a JSON object`);
  }
  return value as Record<string, unknown>;
}

/** The exports of a stack; each is checked when a command reads it. */
export type Outputs = <Name extends TextOutput>(...names: Name[]) => Pick<StackOutputs, Name>;

/**
 * Reads the exports of a deployed stack, from a file or from the Pulumi CLI.
 *
 * @returns a function that returns exports by name, and throws a UserError if one is missing
 * @throws UserError if they cannot be read, or are of another version
 */
export async function readOutputs({ outputs, stack }: OutputsSource): Promise<Outputs> {
  const path = outputs === undefined ? undefined : typedPath(outputs);
  const where = path === undefined ? `stack ${stack}` : `--outputs: ${path}`;
  const found = parse(
    path === undefined ? await askPulumi(stack) : readOutputsFile(path),
    path === undefined ? "pulumi stack output" : where,
  );
  const version = found["outputsVersion"];
  if (typeof version === "string" && version !== "" && version !== outputsVersion) {
    throw new UserError(
      `${where} has exports of version ${version}, but this command reads version ${outputsVersion}`,
    );
  }
  return (...names) => {
    const needed: readonly TextOutput[] = ["outputsVersion", ...names];
    const missing = needed.filter((name) => typeof found[name] !== "string" || found[name] === "");
    if (missing.length > 0) {
      throw new UserError(
        `${where} does not export ${missing.join(", ")}; deploy this version with \`pulumi up\``,
      );
    }
    return found as unknown as StackOutputs;
  };
}
