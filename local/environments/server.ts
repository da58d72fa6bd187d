import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

import { extract } from "tar";

/** Seconds that a server may take to answer for the first time. */
const startSeconds = 30;

/** Unpacks a model artifact into a folder, replacing any existing one. */
export async function unpackModel(archive: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await extract({ file: archive, cwd: folder });
}

/**
 * Takes a port of this machine, and leaves it.
 * @param port 0 for any that is free
 * @returns the port
 * @throws Error with the code EADDRINUSE where something else listens on it
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

/** Ports of this machine that are free, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    ports.add(await tryPort(0));
  }
  return [...ports];
}

/** The environment of a server that keeps to this machine. */
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
 * @param ended tells that it has ended, so that no answer will come
 * @returns whether it answers
 */
export async function waitForServer(port: number, ended: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < startSeconds * 20 && !ended(); tries += 1) {
    if (await answersPing(port)) {
      return true;
    }
    await wait(50);
  }
  return false;
}

/** Waits until all of some servers answer, as {@link waitForServer} does. */
export async function waitForServers(
  ports: readonly number[],
  ended: () => boolean,
): Promise<boolean> {
  const answers = await Promise.all(ports.map((port) => waitForServer(port, ended)));
  return answers.every((one) => one);
}
