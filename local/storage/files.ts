import { createHash, randomBytes } from "node:crypto";
import {
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { UserError } from "../../errors/userError";

/** A temporary path beside another. */
function temporaryPath(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.tmp`;
}

/**
 * Creates a folder and its parents. Node.js's own recursion never ends where the system answers that a parent is missing
 * although it exists, such as in /proc. Evidence: openclaw/openclaw#130807.
 *
 * @throws UserError there
 */
export function makeFolder(folder: string): void {
  if (!existsSync(folder)) {
    makeFolder(dirname(folder));
    try {
      mkdirSync(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // EEXIST: another process has created it.
      if (code !== "EEXIST") {
        throw code === "ENOENT"
          ? new UserError(`folders cannot be created in ${dirname(folder)}`)
          : error;
      }
    }
  }
}

/** Options of a write. */
export interface WriteOptions {
  /** Whether to sync it to the disk, which takes milliseconds. Default true. */
  readonly durable?: boolean;
}

/** Writes a file atomically. */
export function writeFileAtomically(
  path: string,
  content: string | Buffer,
  { durable = true }: WriteOptions = {},
): void {
  makeFolder(dirname(path));
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

/** Writes a JSON document with a checksum for {@link readChecked}. */
export function writeChecked(path: string, value: unknown): void {
  const content = JSON.stringify(value);
  writeFileAtomically(path, `${checksum(content)}\n${content}\n`, { durable: false });
}

/** Reads a document of {@link writeChecked}; undefined if it is missing or damaged. */
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

/** Does some work in a temporary folder, which is deleted when it ends in any way. */
export async function inTemporaryFolder<Result>(
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "restate-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Copies a file or a folder, sharing blocks if the file system supports it. */
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
