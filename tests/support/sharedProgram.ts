import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

import { hashJson } from "../../local/caching/contentHash";
import { readChecked, writeChecked } from "../../local/storage/files";
import type { Program } from "../../offline/program";
import { hashSources, programKey } from "../../local/caching/programCache";

const root = resolve(__dirname, "..", "..");

/** Where this clone's evaluations are kept; node_modules may be shared by several. */
const folder = join(root, "node_modules", ".cache", "restate", `programs-${hashJson(root)}`);

const dayMs = 86_400_000;

interface Document extends Omit<Program, "uploads"> {
  readonly uploads: readonly (readonly [string, string])[];
}

let sources: Promise<string> | undefined;

/** The hash of the sources, computed once a process. Evaluations of other days are removed first. */
function sourcesAndRoom(): Promise<string> {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name);
    const state = statSync(path, { throwIfNoEntry: false });
    if (state !== undefined && Date.now() - state.mtimeMs > dayMs) {
      rmSync(path, { force: true });
    }
  }
  return hashSources();
}

/**
 * Evaluates the program once for each configuration, whichever process of the tests asks, until a source
 * changes: an evaluation takes hundreds of milliseconds, and loading Pulumi's packages a second.
 */
export async function sharedProgram(
  stack: string,
  config: Readonly<Record<string, string>>,
): Promise<Program> {
  sources ??= sourcesAndRoom();
  const path = join(folder, `${await programKey(await sources, stack, config)}.json`);
  const kept = readChecked(path) as Document | undefined;
  if (kept !== undefined) {
    return { ...kept, uploads: new Map(kept.uploads) };
  }
  const { evaluateProgram } = createRequire(__filename)(
    "../../offline/program",
  ) as typeof import("../../offline/program");
  const program = await evaluateProgram(stack, config);
  writeChecked(path, { ...program, uploads: [...program.uploads] });
  return program;
}
