import { createHash } from "node:crypto";
import { join } from "node:path";

/** Hash of a text, in hexadecimal digits. */
export const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What the stand-in providers share, beside the resources: by kind, and by its name in AWS. */
export type Shared =
  | "encryption" // of a bucket, by the bucket's name: its rule is there
  | "object" // by URI: its content
  | "repository"; // by name: the tags in it, as JSON

/** The file in the stand-ins' folder that tells of something. */
export function recordOf(folder: string, kind: Shared, name: string): string {
  return join(folder, `${digest(`${kind} ${name}`)}.json`);
}
