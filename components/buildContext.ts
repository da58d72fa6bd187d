import dockerignore from "@balena/dockerignore";
import { createHash } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { canonicalJson } from "../pipeline/language/canonicalJson";
import { runError } from "../errors/runError";

/** SageMaker runs images of this platform only. */
export const platform = "linux/amd64";

/** The files of a build context that `.dockerignore` does not exclude, and the Dockerfile. */
function contextFiles(context: string): readonly string[] {
  const ignored = dockerignore({ ignorecase: false }).add(
    readFileSync(join(context, ".dockerignore"), "utf8"),
  );
  return readdirSync(context, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path === "Dockerfile" || !ignored.ignores(path))
    .filter((path) => statSync(join(context, path)).isFile())
    .sort();
}

/**
 * The tag of an image: a hash of what Docker builds it from, which are the files of the context with their
 * paths, the build arguments and the platform.
 *
 * @returns 16 hexadecimal digits
 */
export function imageTag(
  context: string,
  buildArguments: Readonly<Record<string, string>>,
): string {
  const hash = createHash("sha256").update(canonicalJson({ buildArguments, platform }));
  for (const path of contextFiles(context)) {
    const content = readFileSync(join(context, path));
    hash.update(`\n${path} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * Sets the modes of a build context's files to git's, 644 or 755, whatever the umask of the checkout. The Docker
 * provider hashes modes (pulumi/pulumi-docker, `hashContext`): another umask would push the same image again, which
 * an immutable tag refuses.
 *
 * @throws pulumi.RunError if a mode cannot be set, naming the file
 */
export function settleFileModes(context: string): void {
  if (process.platform === "win32") {
    return; // On Windows, all files have the same mode.
  }
  for (const path of contextFiles(context)) {
    const file = join(context, path);
    const { mode } = statSync(file);
    const wanted = (mode & 0o100) === 0 ? 0o644 : 0o755;
    if ((mode & 0o777) === wanted) {
      continue;
    }
    try {
      chmodSync(file, wanted);
    } catch (error) {
      throw runError(
        `${file} has mode ${(mode & 0o777).toString(8)}, which would make another image of the same files, and ` +
          `cannot be given mode ${wanted.toString(8)}: ${(error as Error).message}`,
      );
    }
  }
}
