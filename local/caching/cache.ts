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
 * The results of finished jobs, by the hash of all that they depend on. An execution that is retried takes its
 * own; those of others stand in for a job only if its step's CacheConfig says so.
 */
export class Cache {
  /**
   * @param folder where the entries are kept, a document each
   * @param execution id of the execution whose jobs ask for results
   * @param enabled whether results of other executions are taken; results are kept in any case
   */
  constructor(
    private readonly folder: string,
    private readonly store: ObjectStore,
    private readonly execution: string,
    private readonly enabled: boolean,
  ) {}

  /**
   * The result of an equal job, with its outputs put where this job would have written them.
   *
   * @param key hash of all that the job depends on; undefined if it is not known
   * @param place S3 URI of each output of this job, by its name
   * @param expireAfter seconds after which a result of another execution is too old; default: never
   * @returns undefined if there is none, or its outputs are no longer what they were
   */
  async find<Value>(
    key: string | undefined,
    place: (value: Value) => Readonly<Record<string, string>>,
    expireAfter = Infinity,
  ): Promise<CachedResult<Value> | undefined> {
    const entry =
      key === undefined ? undefined : (readChecked(this.path(key)) as Entry<Value> | undefined);
    if (entry === undefined || !(this.isOwn(entry) || this.isValid(entry, expireAfter))) {
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
      execution: this.execution,
      value,
      outputs: hashed,
    };
    writeChecked(this.path(key), entry);
  }

  /** Whether a result is one of this execution's, which it had before it was interrupted or failed. */
  isOwn({ execution }: Pick<Entry<unknown>, "execution">): boolean {
    return execution === this.execution;
  }

  private isValid({ time }: Entry<unknown>, expireAfter: number): boolean {
    return this.enabled && Date.now() - Date.parse(time) < expireAfter * 1000;
  }

  private hashOutput(uri: string): Promise<string | undefined> {
    return hashFiles(this.store.objectsOfOutput(uri));
  }

  private path(key: string): string {
    return join(this.folder, `${key}.json`);
  }
}
