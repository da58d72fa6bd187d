import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { basename, dirname, join, normalize, resolve } from "node:path";

import { UserError } from "../../terminal/errors";
import { copy, replaceFolder, writeFileAtomically } from "./files";

/**
 * S3 as a folder: the object `s3://bucket/a/b` is the file `bucket/a/b`. A prefix names a file or a
 * folder here, which is what the steps of a pipeline use prefixes for.
 */
export class ObjectStore {
  constructor(readonly folder: string) {}

  /**
   * The path of an object or prefix.
   * @throws UserError where the URI is none of S3, or leads out of its bucket
   */
  path(uri: string): string {
    const [, bucket, key] =
      /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(uri) ?? [];
    if (bucket === undefined) {
      throw new UserError(`"${uri}" is no S3 URI, such as s3://bucket/key`);
    }
    const inside = normalize(`/${key ?? ""}`);
    if (/(^|\/)\.\.(\/|$)/.test(key ?? "")) {
      throw new UserError(`"${uri}" leads out of its bucket`);
    }
    return join(this.folder, bucket, inside);
  }

  exists(uri: string): boolean {
    return existsSync(this.path(uri));
  }

  /** Whether a URI is that of one object, not of a prefix. */
  isFile(uri: string): boolean {
    return this.exists(uri) && statSync(this.path(uri)).isFile();
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
   * Copies the objects of a folder that is laid out as this one: `bucket/key`.
   * @throws UserError where it holds a file that is in no bucket
   */
  async takeAll(folder: string): Promise<void> {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) {
        throw new UserError(`--s3: ${entry.name} is in no bucket; put it at ${folder}/BUCKET/KEY`);
      }
      await copy(join(folder, entry.name), this.path(`s3://${entry.name}`));
    }
  }

  /** Moves a folder of this machine to a prefix, in exchange for what is there. */
  async moveIn(folder: string, uri: string): Promise<void> {
    await replaceFolder(folder, this.path(uri).replace(/\/$/, ""));
  }

  /**
   * Lets a folder of this machine show an object, or all objects below a prefix, without copying them. Jobs
   * read their inputs; they never write there. Folders are made, so that another input can lie in them.
   *
   * @throws UserError where there is nothing at the URI
   */
  async link(uri: string, folder: string): Promise<void> {
    const from = resolve(this.path(uri));
    if (!existsSync(from)) {
      throw new UserError(`there is nothing at ${uri}`);
    }
    await mkdir(folder, { recursive: true });
    if (!statSync(from).isDirectory()) {
      await symlink(from, join(folder, basename(from)));
      return;
    }
    for (const name of await readdir(from, { recursive: true })) {
      if (statSync(join(from, name)).isFile()) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await symlink(join(from, name), join(folder, name));
      }
    }
  }
}
