import { tryPort } from "../../local/environments/server";

/**
 * A free port of this machine for a server that a test starts. It is below those that the system gives to connections,
 * so that no connection takes it before the server does.
 */
export async function freePort(): Promise<number> {
  const port = 15_000 + Math.floor(17_000 * Math.random());
  return tryPort(port).catch(freePort);
}
