import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "..", "..");

/** A module of a package, with the names that the program uses: the SDKs' modules load them lazily. */
export interface SdkModule {
  readonly path: string;
  readonly names: readonly string[];
}

/** The program's imports from packages at run time. */
export function sdkModules(): readonly SdkModule[] {
  const sources = ["", "components", "pipeline", "pipeline/steps"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(root, folder, file), "utf8")),
  );
  const names = new Map<string, Set<string>>();
  for (const source of sources) {
    for (const [, alias, path] of source.matchAll(
      /^import (?!type )(?:\* as (\w+)|[^;]*?) from "([^.][^"]*)";$/gm,
    )) {
      const used = names.get(path ?? "") ?? new Set();
      names.set(path ?? "", used);
      if (alias !== undefined) {
        for (const [, name] of source.matchAll(new RegExp(`\\b${alias}\\.([A-Za-z]+)\\(`, "g"))) {
          used.add(name ?? "");
        }
      }
    }
  }
  return [...names].map(([path, used]) => ({ path, names: [...used] }));
}
