import { createHash, type Hash } from "node:crypto";
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

import { canonicalJson } from "../../pipeline/language/canonicalJson";

const root = resolve(__dirname, "..", "..");

/** Folder of compiled files, which only depend on their sources. */
const compiled = "__pycache__";

/** The SHA-256 of a JSON value, independent of the order of keys. */
export function hashJson(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** Bytes up to which a file is read at once: for a source file, the calls of a stream take ten times as long. */
const smallFile = 1 << 16;

async function addFile(hash: Hash, path: string, name: string): Promise<void> {
  const { size } = statSync(path);
  hash.update(`${name}\0${size}\0`);
  if (size <= smallFile) {
    hash.update(readFileSync(path));
    return;
  }
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
  }
}

/**
 * The SHA-256 of the names and contents of files, in order.
 * @returns undefined if there are none
 */
export async function hashFiles(
  files: readonly { readonly name: string; readonly path: string }[],
): Promise<string | undefined> {
  if (files.length === 0) {
    return undefined;
  }
  const hash = createHash("sha256");
  for (const { name, path } of files) {
    await addFile(hash, path, name);
  }
  return hash.digest("hex");
}

/**
 * The SHA-256 of a file's content, or of the names and contents of all files in a folder.
 * @returns undefined if the path does not exist
 */
export async function hashContent(path: string): Promise<string | undefined> {
  if (!existsSync(path)) {
    return undefined;
  }
  const hash = createHash("sha256");
  const add = async (from: string, name: string): Promise<void> => {
    if (!statSync(from).isDirectory()) {
      await addFile(hash, from, name);
      return;
    }
    for (const entry of readdirSync(from).sort()) {
      if (entry !== compiled) {
        await add(join(from, entry), `${name}/${entry}`);
      }
    }
  };
  await add(path, "");
  return hash.digest("hex");
}

/**
 * What every job depends on apart from its image: the services, the steps' code, the Python version, and the lock file of
 * the packages that `npm run local` installs.
 */
const common = [
  "local/standins/athena",
  "local/standins/jobs",
  "local/standins/tuner",
  "local/standins/database.py",
  "local/standins/files.py",
  "local/environments/containerEnvironment.ts",
  "local/environments/processEnvironment.ts",
  "local/execution/steps",
  ".venv/pyvenv.cfg",
  "local/requirements.txt",
];

const hashes = new Map<string, Promise<string>>();

/**
 * The SHA-256 of code: files and folders of the project, common dependencies of all jobs, and the versions of the Python
 * packages. It is computed once per process.
 *
 * @param sources paths in the project, or absolute ones
 */
export function hashCode(sources: readonly string[]): Promise<string> {
  const key = sources.join("\n");
  const known = hashes.get(key);
  if (known !== undefined) {
    return known;
  }
  const made = Promise.all(
    [...common, ...sources].map((path) => hashContent(resolve(root, path))),
  ).then(hashJson);
  hashes.set(key, made);
  return made;
}
