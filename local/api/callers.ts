import type { IncomingHttpHeaders } from "node:http";

/** Names of this machine for which no DNS server elsewhere can answer; the last is Docker's for it. */
const thisMachine =
  /^(127(\.\d{1,3}){3}|\[::1\]|localhost|[a-z0-9.-]+\.localhost|host\.docker\.internal)$/;

/** Whether an address to listen on, or a URL's host, is this machine's alone. */
export function isThisMachine(host: string): boolean {
  try {
    return thisMachine.test(new URL(`http://${host}`).hostname);
  } catch {
    return false;
  }
}

/**
 * Why a request to a server on loopback is refused: a web page sent it, which may not have access to this machine. A page
 * names its origin, or its own host, if that was made to resolve to this machine (DNS rebinding).
 *
 * @returns undefined: a program on this machine sent it
 */
export function foreignCaller({ host = "", origin }: IncomingHttpHeaders): string | undefined {
  if (!isThisMachine(host)) {
    return `the host ${host} is not this machine`;
  }
  return origin === undefined || isThisMachine(origin.replace(/^https?:\/\//, ""))
    ? undefined
    : `a page of ${origin} may not send requests to this machine`;
}
