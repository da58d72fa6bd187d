import { existsSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

import { hashContent, hashJson } from "./contentHash";
import { readChecked, writeChecked } from "../storage/files";
import { rulingResources } from "../service/policies";
import type { RunnableProgram } from "../../offline/program";

const root = resolve(__dirname, "..", "..");

/** What the program does not depend on. Their lock stands for installed packages. */
const notRead = new Set(["bench", "docs", "examples", "node_modules", "notebooks", "tests"]);

interface Document extends Omit<RunnableProgram, "uploads"> {
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

/** The flow that a dataset names, as stack config states it; undefined if it names none, or is none. */
function flowFile(dataset: string | undefined): string | undefined {
  try {
    const { flow } = JSON.parse(dataset ?? "{}") as { readonly flow?: unknown };
    return typeof flow === "string" ? flow : undefined;
  } catch {
    return undefined;
  }
}

/** The hash of a file that the configuration names; null if it cannot be read, which the program refuses by its key. */
async function hashNamed(path: string | undefined): Promise<string | null> {
  return path === undefined ? null : ((await hashContent(path).catch(() => null)) ?? null);
}

/**
 * The hash of all that decides what the program registers: sources, configuration, the files that it names, and the day,
 * since it warns of what is no longer supported.
 *
 * @param sources as {@link hashSources} gives it
 */
export async function programKey(
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
 * What the program registers for a stack, taken from a folder where it is kept for files that have not
 * changed since: evaluating the program takes longer than all else if nothing is to be done.
 *
 * @param folder where evaluations are kept
 * @throws UserError if the configuration is not valid
 */
export async function loadProgram(
  folder: string,
  stack: string,
  config: Readonly<Record<string, string>>,
): Promise<RunnableProgram> {
  const prefix = `program-${stack}-`;
  const path = join(
    folder,
    `${prefix}${await programKey(await hashSources(), stack, config)}.json`,
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
  for (const old of existsSync(folder) ? readdirSync(folder) : []) {
    if (old.startsWith(prefix)) {
      rmSync(join(folder, old), { force: true });
    }
  }
  writeChecked(path, {
    ...program,
    resources: rulingResources(program),
    uploads: [...program.uploads],
  });
  return program;
}
