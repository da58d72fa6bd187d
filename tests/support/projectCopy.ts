import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";

/** What a clone does not have: what is installed, and what tools write, which others may write meanwhile. */
const leftOut = /^(\.git|\.hypothesis|\.local.*|\..*_cache|\.venv|__pycache__|node_modules)$/;

/** Copies a folder or a file of the project as a clone has it. */
export function copyAsCloned(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    filter: (path) =>
      !relative(".", path)
        .split("/")
        .some((name) => leftOut.test(name)),
  });
}

/** A copy of the project in a folder of its own, with the packages that are installed here. */
export function copyProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "restate-clone-"));
  copyAsCloned(".", folder);
  for (const installed of ["node_modules", ".venv"]) {
    symlinkSync(resolve(installed), join(folder, installed));
  }
  return folder;
}

/** Removes a copy, and what tools/restate.mjs has kept of it among the packages. */
export function removeProject(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const kept = join("node_modules", ".cache", "restate");
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  for (const name of readdirSync(kept).filter((one) => one.startsWith(hash))) {
    rmSync(join(kept, name), { force: true });
  }
}
