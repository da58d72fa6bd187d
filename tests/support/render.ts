/**
 * Reads configurations of the stack dev, a JSON object a line, keys without their namespace, and prints for each
 * a line with the definition that it gives and the texts that are uploaded, by S3 URI.
 */

import { createInterface } from "node:readline";

import { type Config, program } from "./definitions";

async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { definition, uploads } = await program(JSON.parse(line) as Config, "dev");
    process.stdout.write(
      `${JSON.stringify({ definition, uploads: Object.fromEntries(uploads) })}\n`,
    );
  }
}

void main();
