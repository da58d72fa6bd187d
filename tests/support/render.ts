/** Prints the definition that a configuration gives: `render.ts JSON`, keys without their namespace. */

import { canonicalJson } from "../../pipeline/language/canonicalJson";
import { type Config, program } from "./definitions";

void program(JSON.parse(process.argv[2] ?? "{}") as Config, "dev").then(({ definition }) => {
  process.stdout.write(canonicalJson(definition));
});
