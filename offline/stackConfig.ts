import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";

import { parse } from "yaml";

import { UserError } from "../errors/userError";

const root = resolve(__dirname, "..");

/** The names of the stacks that have a configuration file. */
function stacks(): readonly string[] {
  return readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is wrong with a YAML document, with the line of it, in one line. */
export function yamlProblem({ message }: Error): string {
  const [problem = "", ...excerpt] = message.split("\n");
  const line = excerpt[excerpt.findIndex((one) => /^ *\^/.test(one)) - 1] ?? "";
  const short = problem
    .replace("; please use YAML.parseAllDocuments()", "")
    .replace(/"(?:[^"\\]|\\.){80,}"/g, (quoted) => `${quoted.slice(0, 80)}…"`)
    .replace(/\S{80,}/g, (word) => `${word.slice(0, 80)}…`);
  return line.trim() === "" ? short.replace(/:$/, "") : `${short} ${line.trim()}`;
}

const first = (all: readonly (string | undefined)[]): string | undefined => all.find(Boolean);

/** The path of the first value that the Pulumi CLI has encrypted, in a value at a path. */
function secretIn(value: unknown, path: string): string | undefined {
  if (Array.isArray(value)) {
    return first(value.map((one, index) => secretIn(one, `${path}[${index}]`)));
  }
  if (!isMapping(value)) {
    return undefined;
  }
  return "secure" in value
    ? path
    : first(Object.entries(value).map(([name, one]) => secretIn(one, `${path}.${name}`)));
}

/** The default stack. */
export const defaultStack = "dev";

/** The Pulumi CLI's names of configuration files, for stack names that the program accepts. */
const stackFile = /^Pulumi\.([a-z][a-z0-9-]{0,19})\.yaml$/;

/** The stack to use: the given one, or the one that the file is named after. */
export function stackNamed({
  configFile,
  stack,
}: {
  readonly configFile?: string;
  readonly stack?: string;
}): string {
  return stack ?? stackFile.exec(basename(configFile ?? ""))?.[1] ?? defaultStack;
}

/** Reads the mapping under the key config of a file. @throws UserError if there is none */
function configIn(path: string, name: string, kind: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UserError(`${name}: ${yamlProblem(error as Error)}`);
  }
  const config = isMapping(document) ? (document["config"] ?? {}) : undefined;
  if (!isMapping(config)) {
    throw new UserError(`${name} is not ${kind} (expected a mapping under the key config)`);
  }
  return config;
}

/** The values that a project's Pulumi.yaml declares for stacks that set none. */
function projectConfig(file: string): Readonly<Record<string, unknown>> {
  const declared = Object.entries(configIn(file, basename(file), "a project's configuration"));
  return Object.fromEntries(
    declared
      .map(([key, one]) => [key, isMapping(one) ? (one["default"] ?? one["value"]) : one] as const)
      .filter(([, value]) => value !== undefined && value !== null),
  );
}

/**
 * Reads the configuration of a stack as the Pulumi CLI passes it to the program: values as strings, objects as JSON,
 * with the project's defaults, without encrypted values of providers.
 *
 * @param file the file to read, like the Pulumi CLI's `--config-file`; by default `Pulumi.<stack>.yaml`
 * @param project the project's file
 * @throws UserError if there is no such file, or it is not a stack's configuration, or a key of the program is encrypted
 */
export function stackConfig(
  stack: string,
  file?: string,
  project = join(root, "Pulumi.yaml"),
): Readonly<Record<string, string>> {
  const name = file ?? `Pulumi.${stack}.yaml`;
  const path = file ?? join(root, name);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder !== false) {
    throw new UserError(
      file === undefined
        ? `stack "${stack}" has no ${name}; the stacks here are ${stacks().join(", ")}`
        : isFolder === true
          ? `--config-file: ${file} is a folder, not a file`
          : `--config-file: file does not exist: ${file}`,
    );
  }
  const config = configIn(path, name, "a stack's configuration");
  const bare = Object.keys(config).filter((key) => !key.includes(":"));
  if (bare.length > 0) {
    // Pulumi adds the project's name as their namespace, which a reader of the file cannot see.
    const names = bare.map((key) => `"${key}" (restate:${key}?)`).join(", ");
    throw new UserError(`${name}: keys without a namespace: ${names}`);
  }
  const secrets = new Map(
    Object.entries(config).map(([key, value]) => [key, secretIn(value, key)]),
  );
  const secret = [...secrets.values()].find((path) => path?.startsWith("restate"));
  if (secret !== undefined) {
    const path = secret.includes("[") || secret.includes(".") ? `--path '${secret}'` : secret;
    throw new UserError(
      `${name}: ${secret} is encrypted, which only the Pulumi CLI can read; no key of this program is a secret: set it in ` +
        `plain text, with \`pulumi config set ${path} VALUE\``,
    );
  }
  return Object.fromEntries(
    Object.entries({ ...projectConfig(project), ...config }).flatMap(([key, value]) =>
      secrets.get(key) !== undefined
        ? []
        : [[key, typeof value === "string" ? value : JSON.stringify(value)]],
    ),
  );
}
