import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

import { extract } from "tar";

/** Seconds until a server must have answered for the first time: it bounds a hang, also on a busy machine. */
const startSeconds = 120;

/** Unpacks a model artifact, if a container has one, into a folder, replacing any existing one. */
export async function unpackModel(archive: string | undefined, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (archive !== undefined) {
    await extract({ file: archive, cwd: folder });
  }
}

/**
 * Opens a port of this machine, and closes it.
 * @param port 0 for any free port
 * @returns the port
 * @throws Error with the code EADDRINUSE if the port is in use
 */
export function tryPort(port: number): Promise<number> {
  return new Promise((free, taken) => {
    const probe = createServer();
    probe.once("error", taken);
    probe.listen(port, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        free(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  });
}

/** Different free ports of this machine. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    ports.add(await tryPort(0));
  }
  return [...ports];
}

/** The environment of a server on loopback. */
export function serverEnvironment(base: string, port: number): Readonly<Record<string, string>> {
  return {
    SAGEMAKER_BASE_DIR: base,
    SAGEMAKER_BIND_TO_ADDRESS: "127.0.0.1",
    SAGEMAKER_BIND_TO_PORT: String(port),
  };
}

async function answersPing(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/ping`)).ok;
  } catch {
    return false;
  }
}

/**
 * Waits until a server answers.
 * @param ended aborts when the server has ended
 * @returns whether it answers
 */
async function waitForServer(port: number, ended: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < startSeconds * 20 && !ended(); tries += 1) {
    if (await answersPing(port)) {
      return true;
    }
    await wait(50);
  }
  return false;
}

/** Waits until all servers answer; see {@link waitForServer}. */
export async function waitForServers(
  ports: readonly number[],
  ended: () => boolean,
): Promise<boolean> {
  const answers = await Promise.all(ports.map((port) => waitForServer(port, ended)));
  return answers.every((one) => one);
}
