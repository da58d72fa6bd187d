import { createHash, randomBytes } from "node:crypto";
import {
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** A path beside another, under which no reader looks. */
function temporaryPath(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.tmp`;
}

/** How a file is written. */
export interface WriteOptions {
  /** Whether it is on the disk, come what may, once it is written. Default true; it takes milliseconds. */
  readonly durable?: boolean;
}

/** Writes a file so that readers see the old content or the new one, never a part. */
export function writeFileAtomically(
  path: string,
  content: string | Buffer,
  { durable = true }: WriteOptions = {},
): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryPath(path);
  try {
    writeFileSync(temporary, content, { flush: durable });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Writes a JSON document, atomically. */
export function writeJson(path: string, value: unknown, options?: WriteOptions): void {
  writeFileAtomically(path, `${JSON.stringify(value, undefined, 2)}\n`, options);
}

function checksum(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Writes a JSON document that {@link readChecked} can tell from a damaged one. */
export function writeChecked(path: string, value: unknown): void {
  const content = JSON.stringify(value);
  writeFileAtomically(path, `${checksum(content)}\n${content}\n`, { durable: false });
}

/** Reads what {@link writeChecked} wrote; undefined if there is nothing, or it is damaged. */
export function readChecked(path: string): unknown {
  let lines: readonly string[];
  try {
    lines = readFileSync(path, "utf8").split("\n");
  } catch {
    return undefined;
  }
  const [sum, content = ""] = lines;
  return sum === checksum(content) ? (JSON.parse(content) as unknown) : undefined;
}

/** Copies a file or a folder, sharing its blocks where the file system can. */
export async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
}

/** Moves a folder to a place, replacing any existing one. */
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
