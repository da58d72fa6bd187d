/** Reads a JSON list of definitions from its standard input, and prints what is found wrong with each. */

import { readFileSync } from "node:fs";

import type { Json } from "../../pipeline/language/json";
import { inspectDefinition, sentence } from "../../pipeline/language/parse";

const definitions = JSON.parse(readFileSync(0, "utf8")) as readonly Json[];
process.stdout.write(
  JSON.stringify(definitions.map((one) => inspectDefinition(one).map(sentence))),
);
