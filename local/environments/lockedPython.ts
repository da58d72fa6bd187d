import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { UserError } from "../../errors/userError";
import { pythonInterpreter } from "./python";

/** What pip prints if it cannot reach a registry. */
const unreachable = /Failed to establish a new connection|Name or service not known|timed out/;

/** An environment with Python packages that the project's does not have. */
interface LockedPackages {
  /** Their name in folders. */
  readonly name: string;
  /** Their name for people. */
  readonly title: string;
  /** The path of the lock: a requirements file with hashes. */
  readonly lock: string;
}

function run(title: string, command: string, args: readonly string[]): void {
  const { error, status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error === undefined && status === 0) {
    return;
  }
  const output = error?.message ?? stderr.trim();
  const reason = unreachable.test(output)
    ? "the package registry cannot be reached; check the network and the proxy"
    : (output.split("\n").at(-1) ?? "");
  throw new UserError(`${title} cannot be installed: ${reason}`);
}

/**
 * The interpreter of an environment with locked packages, in the user's cache, created on demand.
 *
 * @param say prints that it is being created
 * @throws UserError if the packages cannot be installed
 */
export function lockedPython(
  { lock, name, title }: LockedPackages,
  say: (line: string) => void,
): string {
  const hash = createHash("sha256").update(readFileSync(lock)).digest("hex").slice(0, 16);
  const cache = process.env["XDG_CACHE_HOME"] ?? "";
  const base = join(cache === "" ? join(homedir(), ".cache") : cache, "restate");
  const folder = join(base, `${name}-${hash}`);
  const path = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  if (!existsSync(folder)) {
    say(`installing ${title} into ${folder}, once`);
    mkdirSync(base, { recursive: true });
    const made = `${folder}.${process.pid}.tmp`;
    const python = pythonInterpreter();
    try {
      run(title, python, ["-m", "venv", "--without-pip", made]);
      run(title, python, [
        ...["-m", "pip", "--python", join(made, ...path), "install", "--quiet"],
        // The lock file is complete, and omits some dependencies on purpose.
        ...["--disable-pip-version-check", "--retries", "1", "--no-deps", "--require-hashes"],
        ...["--requirement", lock],
      ]);
      // Another process may have created it meanwhile.
      if (!existsSync(folder)) {
        renameSync(made, folder);
      }
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  }
  return join(folder, ...path);
}
