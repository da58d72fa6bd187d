import { join } from "node:path";

import { hashFiles } from "./contentHash";
import { readChecked, writeChecked } from "../storage/files";
import type { ObjectStore } from "../storage/objectStore";

/** A result that can stand in for a job that would have the same result. */
export interface CachedResult<Value> {
  /** Id of the execution that produced it. */
  readonly execution: string;
  /** What the job was kept with. */
  readonly value: Value;
}

interface Entry<Value> extends CachedResult<Value> {
  /** ISO 8601. */
  readonly time: string;
  /** Each object or prefix that the job wrote, by a name that does not depend on the execution. */
  readonly outputs: Readonly<Record<string, { readonly uri: string; readonly hash: string }>>;
}

/**
 * The results of finished jobs, by the hash of all that they depend on: so a job whose arguments, inputs
 * and code are what they were is not run again, be it in the next execution or after one that was stopped.
 */
export class Cache {
  /**
   * @param folder where the entries are kept, a document each
   * @param enabled whether results are taken; they are kept in any case
   */
  constructor(
    private readonly folder: string,
    private readonly store: ObjectStore,
    private readonly enabled: boolean,
  ) {}

  /**
   * The result of an equal job, with its outputs put where this job would have written them.
   *
   * @param key hash of all that the job depends on; undefined where it is not known
   * @param place S3 URI of each output of this job, by its name
   * @param expireAfter seconds after which a result is too old; default: never
   * @returns undefined where there is none, or its outputs are no longer what they were
   */
  async find<Value>(
    key: string | undefined,
    place: (value: Value) => Readonly<Record<string, string>>,
    expireAfter = Infinity,
  ): Promise<CachedResult<Value> | undefined> {
    if (!this.enabled || key === undefined) {
      return undefined;
    }
    const entry = readChecked(this.path(key)) as Entry<Value> | undefined;
    if (entry === undefined || Date.now() - Date.parse(entry.time) >= expireAfter * 1000) {
      return undefined;
    }
    const outputs = Object.entries(entry.outputs);
    for (const [, { hash, uri }] of outputs) {
      if ((await this.hashOutput(uri)) !== hash) {
        return undefined;
      }
    }
    const places = place(entry.value);
    for (const [name, { uri }] of outputs) {
      await this.store.share(uri, places[name] ?? uri);
    }
    return entry;
  }

  /**
   * Keeps the result of a job that succeeded.
   * @param outputs S3 URI of each output, by a name that does not depend on the execution; those that hold
   *   nothing are left out
   */
  async keep(
    key: string | undefined,
    execution: string,
    value: unknown,
    outputs: Readonly<Record<string, string>>,
  ): Promise<void> {
    if (key === undefined) {
      return;
    }
    const hashed: Record<string, { uri: string; hash: string }> = {};
    for (const [name, uri] of Object.entries(outputs)) {
      const hash = await this.hashOutput(uri);
      if (hash !== undefined) {
        hashed[name] = { uri, hash };
      }
    }
    const entry: Entry<unknown> = {
      time: new Date().toISOString(),
      execution,
      value,
      outputs: hashed,
    };
    writeChecked(this.path(key), entry);
  }

  private hashOutput(uri: string): Promise<string | undefined> {
    return hashFiles(this.store.objectsOfOutput(uri));
  }

  private path(key: string): string {
    return join(this.folder, `${key}.json`);
  }
}
