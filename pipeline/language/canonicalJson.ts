import { createHash } from "node:crypto";

/** A copy of a value with all objects' keys in code-point order, without undefined members. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(ordered);
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
        .map(([key, member]) => [key, ordered(member)]),
    );
  }
  return value;
}

/**
 * The canonical form of a JSON value: keys in code-point order, and no white space without `indent`. Equal values give equal
 * bytes, because the provider compares definitions as strings.
 */
export function canonicalJson(value: unknown, indent?: number): string {
  return JSON.stringify(ordered(value), undefined, indent);
}

/** The first 16 hexadecimal digits of the SHA-256 of some content, for names that change with it. */
export function contentHash(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}
