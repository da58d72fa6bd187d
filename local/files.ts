import { randomBytes } from "node:crypto";
import { constants, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes a file so that readers see the old content or the new one, never a part. */
export function writeFileAtomically(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  writeFileSync(temporary, content, { flush: true });
  renameSync(temporary, path);
}

/** Writes a JSON document, atomically. */
export function writeJson(path: string, value: unknown): void {
  writeFileAtomically(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Copies a file or a folder, sharing its blocks where the file system can. */
export async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
}

/** Moves a folder to a place, in exchange for what is there. */
export async function replaceFolder(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const old = `${to}.${randomBytes(6).toString("hex")}.old`;
  const exists = existsSync(to);
  if (exists) {
    await rename(to, old);
  }
  await rename(from, to);
  if (exists) {
    await rm(old, { recursive: true });
  }
}
