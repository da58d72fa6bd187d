import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

import { hashJson } from "./contentHash";

const root = resolve(__dirname, "..", "..");

const dayMs = 86_400_000;

/** A folder for what this clone caches, apart from work folders; node_modules may be shared by several clones. */
export function cacheFolder(kind: string): string {
  return join(root, "node_modules", ".cache", "restate", `${kind}-${hashJson(root)}`);
}

/** Removes the files of earlier days from a folder. */
export function removeOld(folder: string): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name);
    const state = statSync(path, { throwIfNoEntry: false });
    if (state !== undefined && Date.now() - state.mtimeMs > dayMs) {
      rmSync(path, { force: true });
    }
  }
}
