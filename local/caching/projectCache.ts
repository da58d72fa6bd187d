import { readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { hashJson } from "./contentHash";

const root = resolve(__dirname, "..", "..");

const dayMs = 86_400_000;

/** A folder for what this clone caches, apart from work folders; node_modules may be shared by several clones. */
export function cacheFolder(kind: string): string {
  return join(root, "node_modules", ".cache", "restate", `${kind}-${hashJson(root)}`);
}

/** Removes the files beside a new one that are a day older, by the clock of the file system. */
export function removeOlder(made: string): void {
  const now = statSync(made).mtimeMs;
  for (const name of readdirSync(dirname(made))) {
    const path = join(dirname(made), name);
    const state = statSync(path, { throwIfNoEntry: false });
    if (state !== undefined && now - state.mtimeMs > dayMs) {
      rmSync(path, { force: true });
    }
  }
}
