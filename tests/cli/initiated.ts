import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import type { JsonObject } from "../../pipeline/language/json";
import { commandLine } from "../support/commandLine";
import { type Ended, temporaryFolder } from "../support/localRun";

/** Rows of a table whose price follows from area and town. */
export const rows = Array.from({ length: 200 }, (_, n) => {
  const area = 20 + ((n * 37) % 150);
  const town = ["Ulm", "Bern", "Oslo"][n % 3] ?? "";
  return { n, area, town, price: area * 31.5 + (n % 3) * 800 };
});

/** `npm run restate -- init` in a folder of its own. */
export class Initiation {
  readonly folder = temporaryFolder();
  /** The configuration that it writes. */
  readonly output = join(this.folder, "Pulumi.own.yaml");

  /** Writes a file into the folder; returns its path. */
  write(name: string, content: string | Buffer): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  init(path: string, ...options: readonly string[]): Promise<Ended> {
    return commandLine(["init", path, "--output", this.output, ...options], {
      INIT_CWD: this.folder,
    });
  }

  /** The configuration that it has written. */
  written(): JsonObject {
    return (parse(readFileSync(this.output, "utf8")) as { config: JsonObject }).config;
  }
}
