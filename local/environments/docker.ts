import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { UserError } from "../../errors/userError";

const run = promisify(execFile);

/** The label of a work folder's containers, with the folder as value. */
export const folderLabel = "restate.work-folder";

/** @throws UserError if no Docker daemon answers */
export async function checkDocker(): Promise<void> {
  try {
    await run("docker", ["version", "--format", "{{.Server.Version}}"]);
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { readonly stderr?: string };
    const reason =
      code === "ENOENT" ? "the docker command is not installed" : (stderr ?? "").trim();
    throw new UserError(`--docker: Docker cannot be used: ${reason}`);
  }
}

/** The id, a hash of the content, of an image on this machine, if it exists. */
export async function imageId(image: string): Promise<string | undefined> {
  try {
    const { stdout } = await run("docker", ["image", "inspect", "--format", "{{.Id}}", image]);
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** What an image is built from. */
interface Build {
  readonly tag: string;
  /** Folder of the Dockerfile and its context. */
  readonly context: string;
  readonly arguments: Readonly<Record<string, string>>;
}

/** Lines of the output that an error shows. */
const shownLines = 12;

/**
 * Builds an image for SageMaker's platform. The build uses the host's network, because a proxy for the package index may
 * only be reachable from there.
 *
 * @param say prints the build's output
 * @param stopped ends the build
 * @throws UserError with the end of the output if it fails
 */
export function buildImage(
  { arguments: values, context, tag }: Build,
  say: (line: string) => void,
  stopped: AbortSignal,
): Promise<void> {
  const options = Object.entries(values).flatMap(([name, value]) => [
    "--build-arg",
    `${name}=${value}`,
  ]);
  const child = spawn(
    "docker",
    ["build", "--platform", "linux/amd64", "--network", "host", "--tag", tag, ...options, context],
    { stdio: ["ignore", "pipe", "pipe"], signal: stopped },
  );
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (/^(Step \d+\/\d+|#\d+ \[)/.test(line)) {
        say(`  ${line}`);
      }
    });
  }
  return new Promise((built, failed) => {
    child.on("error", (error) => {
      failed(new UserError(`--docker: the build of ${tag} failed: ${error.message}`));
    });
    child.on("close", (code) => {
      if (code === 0) {
        built();
      } else {
        const end = lines.slice(-shownLines).join("\n");
        failed(new UserError(`--docker: cannot build ${tag} from ${context}:\n${end}`));
      }
    });
  });
}

/** Removes leftover containers of killed runs in a work folder. */
export async function removeContainers(folder: string): Promise<void> {
  const filter = `label=${folderLabel}=${folder}`;
  const { stdout } = await run("docker", ["ps", "--all", "--quiet", "--filter", filter]);
  const ids = stdout.split("\n").filter((id) => id !== "");
  if (ids.length > 0) {
    await run("docker", ["rm", "--force", "--volumes", ...ids]);
  }
}
