import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { parse } from "yaml";

import { UserError } from "./errors";

const root = resolve(__dirname, "..");

/** The names of the stacks that have a configuration file. */
function stacks(): readonly string[] {
  return readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
}

/**
 * Reads the configuration of a stack from its `Pulumi.<stack>.yaml`, as the Pulumi CLI hands it to the
 * program: each value as text, objects as JSON. Encrypted values are left out.
 *
 * @throws UserError where there is no such file, or it is not valid YAML
 */
export function stackConfig(stack: string): Readonly<Record<string, string>> {
  const file = `Pulumi.${stack}.yaml`;
  const path = join(root, file);
  if (!existsSync(path)) {
    throw new UserError(
      `stack "${stack}" has no ${file}; the stacks here are ${stacks().join(", ")}`,
    );
  }
  let document: unknown;
  try {
    document = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UserError(`${file}: ${(error as Error).message.split("\n")[0] ?? ""}`);
  }
  const config = (document as { config?: Record<string, unknown> } | null)?.config ?? {};
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      typeof value === "object" && value !== null && "secure" in value
        ? []
        : [[key, typeof value === "string" ? value : JSON.stringify(value)]],
    ),
  );
}
