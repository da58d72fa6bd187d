import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

import { hashContent, hashJson } from "./contentHash";
import { cacheFolder, removeOlder } from "./projectCache";
import { readChecked, writeChecked } from "../storage/files";
import type { Program } from "../../offline/program";

const root = resolve(__dirname, "..", "..");

const folder = cacheFolder("programs");

/** What the program does not depend on, by lint's arrows; the lock file represents installed packages. */
const notRead = new Set([
  "bench",
  "cli",
  "docs",
  "examples",
  "local",
  "node_modules",
  "notebooks",
  "policy",
  "report",
  "sageMaker",
  "terminal",
  "tests",
  "tools",
]);

interface Document extends Omit<Program, "uploads"> {
  readonly uploads: readonly (readonly [string, string])[];
}

/** The hash of the project's files that the program may read. */
export async function hashSources(): Promise<string> {
  const entries = readdirSync(root).filter((name) => !name.startsWith(".") && !notRead.has(name));
  const files = await Promise.all(
    entries.sort().map(async (name) => [name, await hashContent(join(root, name))]),
  );
  return hashJson(files);
}

/** The flow of a dataset in the stack's configuration, if any. */
function flowFile(dataset: string | undefined): string | undefined {
  try {
    const { flow } = JSON.parse(dataset ?? "{}") as { readonly flow?: unknown };
    return typeof flow === "string" ? flow : undefined;
  } catch {
    return undefined;
  }
}

/** The hash of a file in the configuration; null if it cannot be read, which the program reports by its key. */
async function hashNamed(path: string | undefined): Promise<string | null> {
  return path === undefined ? null : ((await hashContent(path).catch(() => null)) ?? null);
}

/** The hash of everything that the program depends on; the day because of warnings about ending support. */
async function programKey(
  sources: string,
  stack: string,
  config: Readonly<Record<string, string>>,
): Promise<string> {
  const data = await hashNamed(config["restate:dataFile"]);
  const flow = await hashNamed(flowFile(config["restate:dataset"]));
  const day = new Date().toISOString().slice(0, "2000-01-01".length);
  return hashJson({ stack, config, sources, data, flow, day, version: process.version });
}

/**
 * What the program registers for a stack, from a cache if no file has changed: with cached results, evaluating the program
 * would take most of a run's time.
 *
 * @param sources from {@link hashSources}. Default: its present result
 * @throws UserError if the configuration is not valid
 */
export async function loadProgram(
  stack: string,
  config: Readonly<Record<string, string>>,
  sources?: string,
): Promise<Program> {
  const path = join(
    folder,
    `${await programKey(sources ?? (await hashSources()), stack, config)}.json`,
  );
  const document = readChecked(path) as Document | undefined;
  if (document !== undefined) {
    return { ...document, uploads: new Map(document.uploads) };
  }
  // Pulumi's packages take seconds to load.
  const { evaluateProgram } = createRequire(__filename)(
    "../../offline/program",
  ) as typeof import("../../offline/program");
  const program = await evaluateProgram(stack, config);
  writeChecked(path, { ...program, uploads: [...program.uploads] });
  removeOlder(path);
  return program;
}
