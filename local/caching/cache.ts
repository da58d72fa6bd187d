import { join } from "node:path";

import { hashFiles } from "./contentHash";
import { readChecked, writeChecked } from "../storage/files";
import type { ObjectStore } from "../storage/objectStore";

/** A cached result of a job. */
interface CachedResult<Value> {
  /** Id of the execution that produced it. */
  readonly execution: string;
  /** The job's recorded facts. */
  readonly value: Value;
}

interface Entry<Value> extends CachedResult<Value> {
  /** ISO 8601. */
  readonly time: string;
  /** The objects and prefixes that the job wrote, by names that do not depend on the execution. */
  readonly outputs: Readonly<Record<string, { readonly uri: string; readonly hash: string }>>;
}

/**
 * The results of finished jobs, by a hash of everything that they depend on. A retried execution reuses its own results;
 * others' only if the step's CacheConfig allows it.
 */
export class Cache {
  /**
   * @param folder folder of the entries, a document each
   * @param execution id of the current execution
   * @param enabled whether to reuse results of other executions; results are always stored
   */
  constructor(
    private readonly folder: string,
    private readonly store: ObjectStore,
    private readonly execution: string,
    private readonly enabled: boolean,
  ) {}

  /**
   * The result of an equal job, with its outputs copied to this job's locations.
   *
   * @param key hash of everything that the job depends on; undefined if it is unknown
   * @param place S3 URI of each output of this job, by name
   * @param expireAfter seconds until a result of another execution expires; default: never
   * @returns undefined if there is none, or its outputs have changed
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
   * Stores the result of a successful job.
   * @param outputs S3 URI of each output, by a name that does not depend on the execution; empty ones are omitted
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

  /** Whether a result is this execution's own, from before it was interrupted or failed. */
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
