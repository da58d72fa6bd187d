import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { copyFile, link, mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, normalize, resolve } from "node:path";

import { UserError } from "../../errors/userError";
import { copy, writeFileAtomically } from "./files";

/** An object for a job. */
export interface StoredObject {
  /** Path of its file on this machine. */
  readonly path: string;
  /** Its path in the folder that its prefix is downloaded to, with slashes. */
  readonly name: string;
}

/** The files in a folder, by relative path. */
function filesBelow(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => statSync(join(folder, name)).isFile());
}

/** The order of ListObjectsV2: by the bytes of UTF-8. */
function inKeyOrder(keys: readonly string[]): readonly string[] {
  return [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

/**
 * S3 as a folder: the object `s3://bucket/a/b` is the file `bucket/a/b`. Partial files are outside the buckets' folders, so
 * no prefix includes them.
 */
export class ObjectStore {
  constructor(readonly folder: string) {}

  /**
   * The path of an object, or of the folder of a prefix that ends with a slash.
   * @throws UserError if the URI is not one of S3, or is outside its bucket
   */
  path(uri: string): string {
    const [, bucket, key] =
      /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(uri) ?? [];
    if (bucket === undefined) {
      throw new UserError(`"${uri}" is not an S3 URI (expected something like s3://bucket/key)`);
    }
    const inside = normalize(`/${key ?? ""}`);
    if (/(^|\/)\.\.(\/|$)/.test(key ?? "")) {
      throw new UserError(`"${uri}" is outside its bucket`);
    }
    return join(this.folder, bucket, inside);
  }

  /** Whether an object with exactly that key exists. */
  isObject(uri: string): boolean {
    const path = this.path(uri);
    return !path.endsWith("/") && existsSync(path) && statSync(path).isFile();
  }

  /**
   * The objects of an input with S3DataType S3Prefix: all whose keys begin with it, sorted by key. `predictions/LGBM` includes
   * `predictions/LGBM2/x`.
   *
   * An object's name is the rest of its key after the prefix, if that is a whole folder, otherwise the rest after the prefix's
   * last slash. Evidence: aws/sagemaker-python-sdk#3612, where the prefix `data/train` downloads `train-data.csv` with its
   * full name, and #1106, where a transform of `test_output` reads `test_output_pose/`. SageMaker's behaviour for a prefix
   * with both kinds is not documented; here, each key follows its own rule.
   *
   * @throws UserError if the URI is not one of S3, or is outside its bucket
   */
  objectsAt(uri: string): readonly StoredObject[] {
    const path = this.path(uri);
    const isFolder = path.endsWith("/");
    const parent = isFolder ? path : dirname(path);
    const beginning = isFolder ? "" : basename(path);
    if (!existsSync(parent) || !statSync(parent).isDirectory()) {
      return [];
    }
    const keys = readdirSync(parent)
      .filter((name) => name.startsWith(beginning))
      .flatMap((name) =>
        statSync(join(parent, name)).isDirectory()
          ? filesBelow(join(parent, name)).map((inside) => `${name}/${inside}`)
          : [name],
      );
    return inKeyOrder(keys).map((key) => ({
      path: join(parent, key),
      name:
        beginning !== "" && key.startsWith(`${beginning}/`) ? key.slice(beginning.length + 1) : key,
    }));
  }

  /** The objects at the URI of a job's output: that with the key, or all in the folder. */
  objectsOfOutput(uri: string): readonly StoredObject[] {
    return this.isObject(uri)
      ? [{ path: this.path(uri), name: "" }]
      : this.objectsAt(`${uri.replace(/\/$/, "")}/`);
  }

  /** Reads an object as text. */
  read(uri: string): string {
    return readFileSync(this.path(uri), "utf8");
  }

  /** Stores a text. */
  write(uri: string, content: string): void {
    writeFileAtomically(this.path(uri), content);
  }

  /**
   * Stores an object atomically, replacing any existing one with its key.
   * @param write writes its file to a path
   */
  async put(uri: string, write: (path: string) => Promise<unknown>): Promise<void> {
    await this.putFile(this.path(uri), write);
  }

  /**
   * Copies the objects of a folder with the same layout: `bucket/key`.
   * @throws UserError if it contains a file outside a bucket
   */
  async takeAll(folder: string): Promise<void> {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) {
        throw new UserError(
          `--s3: ${entry.name} is not in a bucket; put it at ${folder}/BUCKET/KEY`,
        );
      }
      await copy(join(folder, entry.name), this.path(`s3://${entry.name}`));
    }
  }

  /**
   * Moves the files of a local folder to a prefix, like an upload: objects with the same keys are replaced, others stay. The
   * folder is deleted.
   */
  async moveIn(folder: string, uri: string): Promise<void> {
    for (const name of filesBelow(folder)) {
      const from = join(folder, name);
      await this.putFile(join(this.path(uri), name), (path) =>
        lstatSync(from).isSymbolicLink() ? copyFile(from, path) : rename(from, path),
      );
    }
    await rm(folder, { recursive: true });
  }

  /**
   * Copies a job's output to another URI. Objects are never written in place, so both can share files.
   */
  async share(from: string, to: string): Promise<void> {
    for (const { name, path } of from === to ? [] : this.objectsOfOutput(from)) {
      await this.putFile(join(this.path(to), name), async (incoming) => {
        try {
          await link(path, incoming);
        } catch {
          // File systems without hard links.
          await copy(path, incoming);
        }
      });
    }
  }

  /**
   * Links the objects of a prefix in a local folder, for jobs that only read their inputs. Subfolders are created, not
   * linked, so that another input can be in them.
   *
   * @throws UserError if there are no objects at the URI
   */
  async link(uri: string, folder: string): Promise<void> {
    const found = this.objectsAt(uri);
    if (found.length === 0) {
      throw new UserError(`there is no object at ${uri}`);
    }
    await mkdir(folder, { recursive: true });
    for (const { name, path } of found) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await symlink(resolve(path), join(folder, name));
    }
  }

  private async putFile(target: string, write: (path: string) => Promise<unknown>): Promise<void> {
    // No bucket's name begins with a dot.
    const incoming = join(this.folder, ".incoming", randomBytes(12).toString("hex"));
    mkdirSync(dirname(incoming), { recursive: true });
    try {
      await write(incoming);
      await mkdir(dirname(target), { recursive: true });
      await rename(incoming, target);
    } finally {
      await rm(incoming, { force: true });
    }
  }
}
