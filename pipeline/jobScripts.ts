import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The path of a script of processing jobs, by its name without extension. */
const pathOf = (script: string): string => join(__dirname, "scripts", `${script}.py`);

/**
 * The texts of a script and of all scripts that it imports, by their names without extension: itself first, then in
 * alphabetical order. They are in one folder in a job, where Python finds imports.
 */
export function scriptWithImports(script: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const add = (name: string): void => {
    const text = readFileSync(pathOf(name), "utf8");
    found.set(name, text);
    for (const [, imported = ""] of text.matchAll(/^(?:from|import) (\w+)/gm)) {
      if (!found.has(imported) && existsSync(pathOf(imported))) {
        add(imported);
      }
    }
  };
  add(script);
  const [own, ...imports] = [...found];
  return new Map([own, ...imports.sort()].filter((one) => one !== undefined));
}
